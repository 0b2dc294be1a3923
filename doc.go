// Package cruddur holds the product's nouns and their rules: activities (called cruds in text for people), users,
// handles, lifetimes, errors. It uses the standard library only, and it must not use a database, a network or a
// clock: callers pass the time in.
//
// This micro-blog grew out of one week, about PostgreSQL and Amazon RDS, of a free cloud course. In comments "the
// original" is the micro-blog of that course, and "the course week" is that week: docs/the-week.md goes through it.
package cruddur
