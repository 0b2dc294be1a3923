package command

import (
	"strings"

	"cruddur/internal/certificate"
	"cruddur/internal/rds"
)

// Options returns the declaration of every setting, in the order in which `cruddur config` prints them.
func Options() []Option {
	return []Option{
		{Env: "CRUDDUR_LISTEN", Flag: "listen", On: "serve", Value: "127.0.0.1:4567", Check: checkListen, Help: "the address that pages and API listen on; with a domain the default is :443"},
		{Env: "CRUDDUR_HTTP_LISTEN", Value: ":80", Check: checkListen, Help: "with a domain, the address that leads from http to https, or off"},
		{Env: "CRUDDUR_DOMAIN", Flag: "domain", On: "serve", Check: checkDomain, Help: "the domain of this server, such as cruddur.example: serve then gets a certificate for it from Let's Encrypt, whose subscriber agreement you accept so"},
		{Env: "CRUDDUR_ACME_EMAIL", Flag: "acme-email", On: "serve", Check: checkEmail, Help: "the address at which Let's Encrypt may write to you about the certificate"},
		{Env: "CRUDDUR_ACME_DIRECTORY", Value: certificate.LetsEncrypt, Check: checkDirectory, Help: "the directory of the certificate authority, if it is another one that speaks ACME"},
		{Env: "CRUDDUR_ACME_ROOT", Help: "a PEM file with the root certificate of that directory's own server; empty: this machine's roots"},
		{Env: "CRUDDUR_ADMIN_LISTEN", Value: "127.0.0.1:4568", Check: checkListen, Help: "the address of /metrics, /livez and /readyz for the operator, or off"},
		{Env: "CRUDDUR_TLS_CERT", Help: "a PEM file with the certificate chain; if it is set, pages and API are served over TLS"},
		{Env: "CRUDDUR_TLS_KEY", Help: "a PEM file with the private key of that certificate"},
		{Env: "FRONTEND_URL", Check: checkWebURL, Help: "the origin of a front end on another host that may call the API"},
		{Env: "BACKEND_URL", Check: checkWebURL, Help: "the URL at which browsers reach this server; empty: the address it listens on"},
		{Env: "CRUDDUR_TRUSTED_PROXIES", Check: checkProxies, Help: "addresses or ranges of the proxies to trust for X-Forwarded-For or Forwarded"},
		{Env: "CRUDDUR_API_LIMIT", Value: "300", Check: checkCount, Help: "requests that one member or client may send to the API in five minutes (all members at one address: twice as many); 0: no limit"},
		{Env: "CRUDDUR_STREAMS", Value: "5000", Check: checkCount, Help: "the maximum number of open pages and programs that are told at once what is new; each takes about 40 kB of memory"},
		{Env: "CRUDDUR_RATE_LIMITS", Value: "true", IsBool: true, Check: checkBool, Help: "limit the rate of requests and attempts; false is only for benchmarks: passwords could then be guessed"},
		{Env: "CRUDDUR_MAX_CONNS", Value: "8", Check: checkCount, Help: "the maximum number of connections to the database"},
		{Env: "CRUDDUR_LOG", Value: "text", Check: checkLogFormat, Help: "the format of the log on stderr: text or json"},
		{Env: "CRUDDUR_ACCESS_LOG", Value: "true", IsBool: true, Check: checkBool, Help: "log every request"},
		{Env: "CRUDDUR_SMTP_URL", Secret: true, Help: "the mail server, such as smtp://user:password@mail.example.org:587 or smtps://…; empty: mails stay in the log and in the development mailbox"},
		{Env: "CRUDDUR_MAIL_FROM", Check: checkSender, Help: "the sender of mails, such as Cruddur <cruddur@example.org>"},
		{Env: "CRUDDUR_PICTURES", Check: checkPictures, Help: "where pictures are kept, such as s3://bucket/prefix; empty: in the database"},
		{Env: "CRUDDUR_PICTURES_ENDPOINT", Check: checkWebURL, Help: "the address of another store that speaks S3, or of an emulator; empty: Amazon's"},
		{Env: "CONNECTION_URL", Secret: true, Help: "the database to use; empty: cruddur's own private PostgreSQL"},
		{Env: "PROD_CONNECTION_URL", Secret: true, Help: "the production database, for commands with the argument prod"},
		{Env: "CRUDDUR_DATA_DIR", Flag: "data-dir", Help: "where the private PostgreSQL keeps its data"},
		{Env: "CRUDDUR_POSTGRES_BIN", Help: "the folder that contains initdb and postgres, if they are not found automatically"},
		{Env: "CRUDDUR_PROHIBIT_DESTRUCTIVE", Value: "false", Check: checkBool, Help: "refuse every destructive cruddur db command, whatever its flags say"},
		{Env: "AWS_DEFAULT_REGION", Help: "the AWS region; AWS_REGION overrides it; if empty, Cognito accounts use the user pool's region"},
		{Env: "DB_SG_ID", Help: "the security group of the database on RDS; empty: the instance's own group"},
		{Env: "DB_SG_RULE_ID", Help: "the security group rule that rds allow-ip changes; empty: the rule tagged with your name"},
		{Env: "GITPOD_IP", Help: "the IP address that rds allow-ip allows; empty: this machine's public address"},
		{Env: "CRUDDUR_ALLOWED_REGIONS", Help: "the regions, separated by commas, that rds create and rds audit accept"},
		{Env: "CRUDDUR_ADDRESS_SOURCES", Value: strings.Join(rds.AddressSources, ","), Help: "URLs that answer with this machine's public address; all must agree"},
		{Env: "AWS_COGNITO_USER_POOL_ID", Help: "the Amazon Cognito user pool that keeps the accounts; empty: they are in this database"},
		{Env: "AWS_COGNITO_USER_POOL_CLIENT_ID", Help: "the pool's app client"},
		{Env: "AWS_COGNITO_USER_POOL_CLIENT_SECRET", Secret: true, Help: "the app client's secret, if it has one"},
		{Env: "CRUDDUR_COGNITO_ENDPOINT", Check: checkWebURL, Help: "the address of an emulator of Cognito"},
		{Env: "CRUDDUR_TRACE_SQL", Flag: "trace-sql", IsBool: true, Value: "false", Check: checkBool, Help: "print every SQL statement with its file, arguments, rows and milliseconds"},
	}
}
