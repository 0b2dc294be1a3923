package cli

// options declares every setting of the product. The order is that of `cruddur config`.
func options() []option {
	return []option{
		{env: "CONNECTION_URL", secret: true, help: "the database to use; empty: a private PostgreSQL of cruddur's own"},
		{env: "PROD_CONNECTION_URL", secret: true, help: "the production database, for commands with the word prod"},
		{env: "CRUDDUR_DATA_DIR", flag: "data-dir", help: "where the private PostgreSQL keeps its data"},
		{env: "CRUDDUR_POSTGRES_BIN", help: "the folder of initdb and postgres, where they are not found by themselves"},
		{env: "CRUDDUR_DB_AUTH", value: "password", check: checkOneOf("password", "iam"), help: "how to prove oneself to the database: password (of the URL or of the secret) or iam (a signed RDS token)"},
		{env: "CRUDDUR_DB_SECRET_ARN", help: "the Secrets Manager secret that holds the database password"},
		{env: "CRUDDUR_TRACE_SQL", flag: "trace-sql", isBool: true, value: "false", check: checkBool, help: "print every SQL statement with its file, arguments, rows and milliseconds"},
	}
}
