// Package cruddur holds the product's nouns and their rules: activities (which people call cruds),
// users, handles, lifetimes, errors. It uses the standard library only, and it must not know that
// there is a database, a network or a clock: whoever calls passes the time in.
//
// This micro-blog grew out of one week, about PostgreSQL and Amazon RDS, of a free cloud course. In comments "the
// original" is the micro-blog of that course, and "the course week" is that week: docs/the-week.md goes through it.
package cruddur
