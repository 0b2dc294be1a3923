// Package postgres is the only package with SQL of the product: the pool, the migrations and one Go
// file per noun, each method running one file under sql/. It must not know pages, JSON shapes of the
// API or flags, and it takes the time as an argument (@now) instead of reading a clock.
package postgres
