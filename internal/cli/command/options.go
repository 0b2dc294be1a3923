package command

import (
	"strings"

	"cruddur/internal/rds"
)

// Options declares every setting of the product. The order is that of `cruddur config`.
func Options() []Option {
	return []Option{
		{Env: "CRUDDUR_LISTEN", Flag: "listen", On: "serve", Value: "127.0.0.1:4567", Check: checkListen, Help: "the address that pages and API listen on"},
		{Env: "CRUDDUR_ADMIN_LISTEN", Value: "127.0.0.1:4568", Check: checkListen, Help: "the address of /metrics, /livez and /readyz for the operator, or off"},
		{Env: "CRUDDUR_TLS_CERT", Help: "a PEM file with the certificate chain; with it pages and API speak TLS"},
		{Env: "CRUDDUR_TLS_KEY", Help: "the PEM file of its private key"},
		{Env: "FRONTEND_URL", Check: checkWebURL, Help: "the origin of a front end of another host, whose pages may call the API"},
		{Env: "BACKEND_URL", Check: checkWebURL, Help: "the address under which browsers reach this server; empty: the one it listens on"},
		{Env: "CRUDDUR_TRUSTED_PROXIES", Check: checkProxies, Help: "addresses or ranges of the proxies whose X-Forwarded-For or Forwarded is believed"},
		{Env: "CRUDDUR_API_LIMIT", Value: "300", Check: checkCount, Help: "requests that one member or client may send to the API in five minutes (all members at one address: twice as many); 0: no limit"},
		{Env: "CRUDDUR_RATE_LIMITS", Value: "true", IsBool: true, Check: checkBool, Help: "limit how often anybody may do anything; false is for measuring alone, since passwords could then be guessed"},
		{Env: "CRUDDUR_MAX_CONNS", Value: "8", Check: checkCount, Help: "connections to the database at most"},
		{Env: "CRUDDUR_LOG", Value: "text", Check: checkLogFormat, Help: "the form of the log on stderr: text or json"},
		{Env: "CRUDDUR_ACCESS_LOG", Value: "true", IsBool: true, Check: checkBool, Help: "log every request"},
		{Env: "CRUDDUR_SMTP_URL", Secret: true, Help: "the mail server, such as smtp://user:password@mail.example.org:587 or smtps://…; empty: mails stay in the log and in the development mailbox"},
		{Env: "CRUDDUR_MAIL_FROM", Check: checkSender, Help: "the sender of mails, such as Cruddur <cruddur@example.org>"},
		{Env: "CONNECTION_URL", Secret: true, Help: "the database to use; empty: a private PostgreSQL of cruddur's own"},
		{Env: "PROD_CONNECTION_URL", Secret: true, Help: "the production database, for commands with the word prod"},
		{Env: "CRUDDUR_DATA_DIR", Flag: "data-dir", Help: "where the private PostgreSQL keeps its data"},
		{Env: "CRUDDUR_POSTGRES_BIN", Help: "the folder of initdb and postgres, where they are not found by themselves"},
		{Env: "CRUDDUR_PROHIBIT_DESTRUCTIVE", Value: "false", Check: checkBool, Help: "refuse every cruddur db command that destroys, whatever its flags say"},
		{Env: "AWS_DEFAULT_REGION", Help: "the region of AWS; AWS_REGION goes before it; empty, for accounts at Cognito: the user pool's own"},
		{Env: "DB_SG_ID", Help: "the security group of the database on RDS; empty: the instance's own"},
		{Env: "DB_SG_RULE_ID", Help: "the rule that rds allow-ip changes; empty: the one tagged with your name"},
		{Env: "GITPOD_IP", Help: "the address that rds allow-ip admits; empty: this machine's own"},
		{Env: "CRUDDUR_ALLOWED_REGIONS", Help: "the regions, separated by commas, in which rds create makes and rds audit accepts a database"},
		{Env: "CRUDDUR_ADDRESS_SOURCES", Value: strings.Join(rds.AddressSources, ","), Help: "URLs that answer with this machine's public address; all must agree"},
		{Env: "AWS_COGNITO_USER_POOL_ID", Help: "the Amazon Cognito user pool that keeps the accounts; empty: this database does"},
		{Env: "AWS_COGNITO_USER_POOL_CLIENT_ID", Help: "the pool's app client"},
		{Env: "AWS_COGNITO_USER_POOL_CLIENT_SECRET", Secret: true, Help: "the app client's secret, where it has one"},
		{Env: "CRUDDUR_COGNITO_ENDPOINT", Check: checkWebURL, Help: "the address of an emulator of Cognito"},
		{Env: "CRUDDUR_TRACE_SQL", Flag: "trace-sql", IsBool: true, Value: "false", Check: checkBool, Help: "print every SQL statement with its file, arguments, rows and milliseconds"},
	}
}
