// Package postgres is the only package that contains the product's SQL: the pool, the migrations and one Go
// file per noun, in which each method runs one file under sql/. It must not know pages, the API's JSON or
// flags, and it takes the time as an argument (@now) instead of reading a clock.
package postgres
