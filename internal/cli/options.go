package cli

import (
	"strings"

	"cruddur/internal/rds"
)

// options declares every setting of the product. The order is that of `cruddur config`.
func options() []option {
	return []option{
		{env: "CRUDDUR_LISTEN", flag: "listen", on: "serve", value: "127.0.0.1:4567", check: checkListen, help: "the address that pages and API listen on"},
		{env: "CRUDDUR_ADMIN_LISTEN", value: "127.0.0.1:4568", check: checkListen, help: "the address of /metrics, /livez and /readyz for the operator, or off"},
		{env: "CRUDDUR_TLS_CERT", help: "a PEM file with the certificate chain; with it pages and API speak TLS"},
		{env: "CRUDDUR_TLS_KEY", help: "the PEM file of its private key"},
		{env: "FRONTEND_URL", check: checkWebURL, help: "the origin of a front end of another host, whose pages may call the API"},
		{env: "BACKEND_URL", check: checkWebURL, help: "the address under which browsers reach this server; empty: the one it listens on"},
		{env: "CRUDDUR_TRUSTED_PROXIES", check: checkProxies, help: "addresses or ranges of the proxies whose X-Forwarded-For or Forwarded is believed"},
		{env: "CRUDDUR_API_LIMIT", value: "300", check: checkCount, help: "requests that one member or client may send to the API in five minutes (all members at one address: twice as many); 0: no limit"},
		{env: "CRUDDUR_RATE_LIMITS", value: "true", isBool: true, check: checkBool, help: "limit how often anybody may do anything; false is for measuring alone, since passwords could then be guessed"},
		{env: "CRUDDUR_MAX_CONNS", value: "8", check: checkCount, help: "connections to the database at most"},
		{env: "CRUDDUR_LOG", value: "text", check: checkLogFormat, help: "the form of the log on stderr: text or json"},
		{env: "CRUDDUR_ACCESS_LOG", value: "true", isBool: true, check: checkBool, help: "log every request"},
		{env: "CRUDDUR_SMTP_URL", secret: true, help: "the mail server, such as smtp://user:password@mail.example.org:587 or smtps://…; empty: mails stay in the log and in the development mailbox"},
		{env: "CRUDDUR_MAIL_FROM", check: checkSender, help: "the sender of mails, such as Cruddur <cruddur@example.org>"},
		{env: "CONNECTION_URL", secret: true, help: "the database to use; empty: a private PostgreSQL of cruddur's own"},
		{env: "PROD_CONNECTION_URL", secret: true, help: "the production database, for commands with the word prod"},
		{env: "CRUDDUR_DATA_DIR", flag: "data-dir", help: "where the private PostgreSQL keeps its data"},
		{env: "CRUDDUR_POSTGRES_BIN", help: "the folder of initdb and postgres, where they are not found by themselves"},
		{env: "CRUDDUR_PROHIBIT_DESTRUCTIVE", value: "false", check: checkBool, help: "refuse every cruddur db command that destroys, whatever its flags say"},
		{env: "AWS_DEFAULT_REGION", help: "the region of AWS; AWS_REGION goes before it; empty, for accounts at Cognito: the user pool's own"},
		{env: "DB_SG_ID", help: "the security group of the database on RDS; empty: the instance's own"},
		{env: "DB_SG_RULE_ID", help: "the rule that rds allow-ip changes; empty: the one tagged with your name"},
		{env: "GITPOD_IP", help: "the address that rds allow-ip admits; empty: this machine's own"},
		{env: "CRUDDUR_ALLOWED_REGIONS", help: "the regions, separated by commas, in which rds create makes and rds audit accepts a database"},
		{env: "CRUDDUR_ADDRESS_SOURCES", value: strings.Join(rds.AddressSources, ","), help: "URLs that answer with this machine's public address; all must agree"},
		{env: "AWS_COGNITO_USER_POOL_ID", help: "the Amazon Cognito user pool that keeps the accounts; empty: this database does"},
		{env: "AWS_COGNITO_USER_POOL_CLIENT_ID", help: "the pool's app client"},
		{env: "AWS_COGNITO_USER_POOL_CLIENT_SECRET", secret: true, help: "the app client's secret, where it has one"},
		{env: "CRUDDUR_COGNITO_ENDPOINT", check: checkWebURL, help: "the address of an emulator of Cognito"},
		{env: "CRUDDUR_TRACE_SQL", flag: "trace-sql", isBool: true, value: "false", check: checkBool, help: "print every SQL statement with its file, arguments, rows and milliseconds"},
	}
}
