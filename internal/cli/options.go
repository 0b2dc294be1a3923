package cli

import (
	"strings"

	"cruddur/internal/rds"
)

// options declares every setting of the product. The order is that of `cruddur config`.
func options() []option {
	return []option{
		{env: "CRUDDUR_LISTEN", flag: "listen", value: "127.0.0.1:4567", help: "the address that pages and API listen on"},
		{env: "CONNECTION_URL", secret: true, help: "the database to use; empty: a private PostgreSQL of cruddur's own"},
		{env: "PROD_CONNECTION_URL", secret: true, help: "the production database, for commands with the word prod"},
		{env: "CRUDDUR_DATA_DIR", flag: "data-dir", help: "where the private PostgreSQL keeps its data"},
		{env: "CRUDDUR_POSTGRES_BIN", help: "the folder of initdb and postgres, where they are not found by themselves"},
		{env: "AWS_DEFAULT_REGION", help: "the region of AWS; AWS_REGION goes before it"},
		{env: "DB_SG_ID", help: "the security group of the database on RDS; empty: the instance's own"},
		{env: "DB_SG_RULE_ID", help: "the rule that rds allow-ip changes; empty: the one tagged with your name"},
		{env: "GITPOD_IP", help: "the address that rds allow-ip admits; empty: this machine's own"},
		{env: "CRUDDUR_ALLOWED_REGIONS", help: "the regions, separated by commas, in which rds create makes and rds audit accepts a database"},
		{env: "CRUDDUR_ADDRESS_SOURCES", value: strings.Join(rds.AddressSources, ","), help: "URLs that answer with this machine's public address; all must agree"},
		{env: "CRUDDUR_TRACE_SQL", flag: "trace-sql", isBool: true, value: "false", check: checkBool, help: "print every SQL statement with its file, arguments, rows and milliseconds"},
	}
}
