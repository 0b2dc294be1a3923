package conninfo

import (
	"fmt"
	"slices"
	"strings"
)

// parameter describes how one keyword of a connection string is handled, by both readers of a connection
// string: the driver (pgx), and the called programs, which use libpq. If neither driver nor program knows it,
// its value is left out with a message, or refused if refuse is set.
type parameter struct {
	env      string   // libpq's variable for it
	driver   bool     // pgx knows it, or Config translates it
	program  bool     // libpq knows it
	since    int      // the first major version of libpq that knows it; 0: 15 or older
	pool     bool     // only for the pool of serve
	values   []string // the only valid values
	harmless []string // values that change nothing, left out without a message
	refuse   string   // why any other value is refused: it promises something that cruddur would not do
	word     string   // why any other value is left out
	secret   bool     // never shown, never in an argument
}

var switchValues = []string{"0", "1"}

// parameters lists every keyword of libpq 15 to 18 ("Parameter Key Words" in PostgreSQL's documentation), of
// pgx and its pool, and those that other tools write into a URL. Any other keyword is a setting of the
// server.
var parameters = map[string]parameter{
	"host":     {env: "PGHOST", driver: true, program: true},
	"hostaddr": {env: "PGHOSTADDR", driver: true, program: true},
	"port":     {env: "PGPORT", driver: true, program: true},
	"dbname":   {env: "PGDATABASE", driver: true, program: true},
	"user":     {env: "PGUSER", driver: true, program: true},
	"password": {env: "PGPASSWORD", driver: true, program: true, secret: true},
	"passfile": {env: "PGPASSFILE", driver: true, program: true},

	"require_auth":         {env: "PGREQUIREAUTH", driver: true, program: true, since: 16},
	"channel_binding":      {env: "PGCHANNELBINDING", driver: true, program: true, values: []string{"disable", "prefer", "require"}},
	"connect_timeout":      {env: "PGCONNECT_TIMEOUT", driver: true, program: true},
	"options":              {env: "PGOPTIONS", driver: true, program: true},
	"application_name":     {env: "PGAPPNAME", driver: true, program: true},
	"target_session_attrs": {env: "PGTARGETSESSIONATTRS", driver: true, program: true, values: []string{"any", "read-write", "read-only", "primary", "standby", "prefer-standby"}},
	"sslmode":              {env: "PGSSLMODE", driver: true, program: true, values: []string{"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}},
	"sslnegotiation":       {env: "PGSSLNEGOTIATION", driver: true, program: true, since: 17, values: []string{"postgres", "direct"}},
	"sslcert":              {env: "PGSSLCERT", driver: true, program: true},
	"sslkey":               {env: "PGSSLKEY", driver: true, program: true},
	"sslpassword":          {env: "PGSSLPASSWORD", driver: true, program: true, secret: true},
	"sslcertmode":          {env: "PGSSLCERTMODE", driver: true, program: true, since: 16, values: []string{"disable", "allow", "require"}},
	"sslrootcert":          {env: "PGSSLROOTCERT", driver: true, program: true},
	"sslsni":               {env: "PGSSLSNI", driver: true, program: true, values: switchValues},
	"min_protocol_version": {env: "PGMINPROTOCOLVERSION", driver: true, program: true, since: 18, values: []string{"3.0", "3.2", "latest"}},
	"max_protocol_version": {env: "PGMAXPROTOCOLVERSION", driver: true, program: true, since: 18, values: []string{"3.0", "3.2", "latest"}},

	// Keywords that pgx does not know, and that Config handles.
	"keepalives":                {driver: true, program: true, values: switchValues},
	"keepalives_idle":           {driver: true, program: true},
	"keepalives_interval":       {driver: true, program: true},
	"keepalives_count":          {driver: true, program: true},
	"fallback_application_name": {driver: true, program: true},
	"ssl_min_protocol_version":  {env: "PGSSLMINPROTOCOLVERSION", driver: true, program: true, values: tlsNames},
	"ssl_max_protocol_version":  {env: "PGSSLMAXPROTOCOLVERSION", driver: true, program: true, values: tlsNames},
	"load_balance_hosts":        {env: "PGLOADBALANCEHOSTS", driver: true, values: []string{"disable", "random"}}, // a program is given only one host

	// Keywords that only the programs know, and that do no harm when they are ignored.
	"tcp_user_timeout": {program: true},
	"gssencmode":       {env: "PGGSSENCMODE", program: true, values: []string{"disable", "prefer", "require"}, harmless: []string{"disable", "prefer"}, refuse: "cruddur cannot encrypt by GSSAPI; use TLS: sslmode=verify-full"},

	// Keywords that are left out.
	"client_encoding": {env: "PGCLIENTENCODING", harmless: []string{"utf8", "utf-8", "unicode", "auto"}, word: "cruddur always uses UTF-8"},
	"sslcompression":  {env: "PGSSLCOMPRESSION", values: switchValues, harmless: []string{"0"}, word: "PostgreSQL no longer compresses TLS"},
	"sslkeylogfile":   {word: "cruddur writes no TLS keys to a file"},
	"krbsrvname":      {env: "PGKRBSRVNAME", word: "cruddur cannot sign in with Kerberos"},
	"krbspn":          {word: "cruddur cannot sign in with Kerberos"},
	"gsslib":          {env: "PGGSSLIB", word: "cruddur cannot sign in with Kerberos"},
	"gssdelegation":   {env: "PGGSSDELEGATION", values: switchValues, harmless: []string{"0"}, word: "cruddur cannot sign in with Kerberos"},
	"authtype":        {word: "PostgreSQL no longer reads it"},
	"tty":             {word: "PostgreSQL no longer reads it"},

	// Keywords that promise something that cruddur does not do.
	"sslcrl":              {env: "PGSSLCRL", refuse: "cruddur does not check certificates against a revocation list"},
	"sslcrldir":           {env: "PGSSLCRLDIR", refuse: "cruddur does not check certificates against revocation lists"},
	"requirepeer":         {env: "PGREQUIREPEER", refuse: "cruddur does not check which user runs the server"},
	"replication":         {values: []string{"database", "true", "on", "yes", "1", "false", "off", "no", "0"}, harmless: []string{"false", "off", "no", "0"}, refuse: "a replication connection runs no statements"},
	"scram_client_key":    {refuse: "cruddur signs in with a password, not with SCRAM keys", secret: true},
	"scram_server_key":    {refuse: "cruddur signs in with a password, not with SCRAM keys", secret: true},
	"oauth_issuer":        {refuse: "cruddur cannot sign in with OAuth"},
	"oauth_client_id":     {refuse: "cruddur cannot sign in with OAuth"},
	"oauth_client_secret": {refuse: "cruddur cannot sign in with OAuth", secret: true},
	"oauth_scope":         {refuse: "cruddur cannot sign in with OAuth"},
	"ssl":                 {refuse: "write sslmode=require, or ssl=true"},

	// pgx's own keywords.
	"default_query_exec_mode":    {driver: true, values: []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"}},
	"statement_cache_capacity":   {driver: true},
	"description_cache_capacity": {driver: true},

	"pool_max_conns":                {pool: true},
	"pool_min_conns":                {pool: true},
	"pool_min_idle_conns":           {pool: true},
	"pool_max_conn_lifetime":        {pool: true},
	"pool_max_conn_lifetime_jitter": {pool: true},
	"pool_max_conn_idle_time":       {pool: true},
	"pool_health_check_period":      {pool: true},
	"pool_ping_timeout":             {pool: true},

	// Keywords of other programs.
	"schema": foreign, "pgbouncer": foreign, "connection_limit": foreign, "pool_timeout": foreign, "socket_timeout": foreign,
	"sslaccept": foreign, "sslidentity": foreign, "prepared_statements": foreign, "pool": foreign, "supa": foreign, "ssl_mode": foreign,
	"statement_cache_size": foreign,
}

var foreign = parameter{word: "it is for another program, and PostgreSQL would refuse it"}

// judge decides on one value: it is kept, left out with or without a message, or refused.
func (p parameter) judge(keyword, value string) (keep bool, word string, err error) {
	if p.values != nil && !slices.Contains(p.values, value) {
		return false, "", fmt.Errorf("the parameter %s has no such value; want %s", keyword, oneOf(p.values)) // the value may be a piece of a password
	}
	harmless := slices.Contains(p.harmless, strings.ToLower(value))
	switch {
	case p.refuse != "" && !harmless:
		return false, "", fmt.Errorf("the parameter %s is refused: %s", keyword, p.refuse)
	case p.driver || p.program || p.pool:
		return true, "", nil
	case harmless:
		return false, "", nil
	}
	return false, fmt.Sprintf("the parameter %s is left out: %s", keyword, p.word), nil
}

func oneOf(values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	return strings.Join(values[:len(values)-1], ", ") + " or " + values[len(values)-1]
}

// setting reports whether a keyword is a setting of the server, which is sent when a connection starts.
func setting(keyword string) bool {
	_, known := parameters[keyword]
	return !known
}
