// Package dbadmin does the work of `cruddur db`: it creates, drops, migrates, fills, dumps, watches and
// examines a database, local or production. It must not read flags or the environment, ask questions or
// print: the command line does that, with the values that this package returns.
package dbadmin
