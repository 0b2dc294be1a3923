package cli

// options declares every setting of the product. The order is that of `cruddur config`.
func options() []option {
	return []option{
		{env: "CRUDDUR_LISTEN", flag: "listen", value: "127.0.0.1:4567", help: "the address that pages and API listen on"},
		{env: "CONNECTION_URL", secret: true, help: "the database to use; empty: a private PostgreSQL of cruddur's own"},
		{env: "PROD_CONNECTION_URL", secret: true, help: "the production database, for commands with the word prod"},
		{env: "CRUDDUR_DATA_DIR", flag: "data-dir", help: "where the private PostgreSQL keeps its data"},
		{env: "CRUDDUR_POSTGRES_BIN", help: "the folder of initdb and postgres, where they are not found by themselves"},
		{env: "CRUDDUR_TRACE_SQL", flag: "trace-sql", isBool: true, value: "false", check: checkBool, help: "print every SQL statement with its file, arguments, rows and milliseconds"},
	}
}
