// Package cruddur holds the product's nouns and their rules: activities (which people call cruds),
// users, handles, lifetimes, errors. It uses the standard library only, and it must not know that
// there is a database, a network or a clock: whoever calls passes the time in.
package cruddur
