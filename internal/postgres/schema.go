package postgres

import _ "embed"

//go:embed schema.sql
var schema string

// Schema returns the schema that the migrations create, as one SQL file with the record of those migrations.
// `cruddur db schema dump` generates it, and a test compares it with the migrations.
func Schema() string { return schema }
