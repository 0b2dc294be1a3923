// Package dbadmin is what `cruddur db` does: it creates, drops, migrates, fills, dumps, watches and
// examines a database, the local one or production. It must not read flags or the environment, ask
// questions or print: the command line does that, with what this package returns.
package dbadmin
