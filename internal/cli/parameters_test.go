package cli_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cruddur/internal/cli"
	"cruddur/internal/pgtest"
)

// parameters is a value for every parameter that docs/database.md names, and what becomes of it: "" works
// everywhere, "warn" works with a word, "refuse" nowhere, a number with programs from that version on.
var parameters = map[string]struct{ value, outcome string }{
	"host": {"", ""}, "hostaddr": {"HOST", ""}, "port": {"5432", ""}, "dbname": {"", ""}, "user": {"postgres", ""}, "password": {"", ""},
	"passfile": {"/none/pgpass", ""}, "service": {"", ""}, "servicefile": {"", ""},
	"connect_timeout": {"9", ""}, "options": {"-c geqo=off", ""}, "application_name": {"mine", ""}, "fallback_application_name": {"mine", ""},
	"target_session_attrs": {"read-write", ""}, "load_balance_hosts": {"random", ""}, "channel_binding": {"prefer", ""},
	"require_auth": {"scram-sha-256", "16"},
	"sslmode":      {"prefer", ""}, "sslnegotiation": {"postgres", "17"}, "sslcert": {"CERT", ""}, "sslkey": {"", ""}, "sslpassword": {"x", "programs"},
	"sslrootcert": {"ROOT", ""}, "sslcertmode": {"allow", "16"}, "sslsni": {"1", ""},
	"ssl_min_protocol_version": {"TLSv1.2", ""}, "ssl_max_protocol_version": {"TLSv1.3", ""},
	"min_protocol_version": {"3.0", "18"}, "max_protocol_version": {"3.0", "18"}, "ssl": {"true", "tls"}, "requiressl": {"0", ""},
	"keepalives": {"1", ""}, "keepalives_idle": {"20", ""}, "keepalives_interval": {"5", ""}, "keepalives_count": {"3", ""}, "tcp_user_timeout": {"9000", ""},
	"gssencmode": {"disable", ""}, "gssdelegation": {"1", "warn"}, "krbsrvname": {"postgres", "warn"}, "krbspn": {"a/b", "warn"}, "gsslib": {"gssapi", "warn"},
	"client_encoding": {"LATIN1", "warn"}, "sslcompression": {"1", "warn"}, "sslkeylogfile": {"/none/log", "warn"}, "authtype": {"x", "warn"}, "tty": {"x", "warn"},
	"sslcrl": {"/none/crl", "refuse"}, "sslcrldir": {"/none", "refuse"}, "requirepeer": {"postgres", "refuse"}, "replication": {"database", "refuse"},
	"scram_client_key": {"x", "refuse"}, "scram_server_key": {"x", "refuse"},
	"oauth_issuer": {"x", "refuse"}, "oauth_client_id": {"x", "refuse"}, "oauth_client_secret": {"x", "refuse"}, "oauth_scope": {"x", "refuse"},
	"default_query_exec_mode": {"cache_describe", ""}, "statement_cache_capacity": {"100", ""}, "description_cache_capacity": {"100", ""},
	"pool_max_conns": {"5", ""}, "pool_min_conns": {"1", ""}, "pool_min_idle_conns": {"1", ""}, "pool_max_conn_lifetime": {"10m", ""},
	"pool_max_conn_lifetime_jitter": {"1m", ""}, "pool_max_conn_idle_time": {"2m", ""}, "pool_health_check_period": {"10s", ""}, "pool_ping_timeout": {"1s", ""},
	"schema": {"public", "warn"}, "pgbouncer": {"true", "warn"}, "connection_limit": {"5", "warn"}, "pool_timeout": {"5", "warn"}, "socket_timeout": {"5", "warn"},
	"sslaccept": {"strict", "warn"}, "sslidentity": {"x", "warn"}, "prepared_statements": {"false", "warn"}, "pool": {"5", "warn"}, "supa": {"x", "warn"},
	"ssl_mode": {"x", "warn"}, "statement_cache_size": {"0", "warn"},
	// Settings of the server, of which there are hundreds.
	"search_path": {"public,pg_temp", ""}, "statement_timeout": {"20s", ""}, "lock_timeout": {"5s", ""}, "TimeZone": {"America/Toronto", ""}, "app.name": {`a b\c'd`, ""},
}

// TestParameters connects with every parameter that the documentation names by each way there is: serve,
// a command that uses the driver, and the programs pg_dump and psql.
func TestParameters(t *testing.T) {
	t.Parallel()
	documented(t)
	strict := pgtest.StartStrict(t)
	base := strict.URL("postgres", "parameters")
	run(t, base, 0, "db", "prepare")
	host := strings.Split(strict.Address, ":")[0]
	major, cert := programMajor(t), certificate(t)
	turn := make(chan bool, 4)
	var wg sync.WaitGroup
	together := map[string][]string{} // by outcome; what works everywhere is tried six at a time, what is left out all at once
	try := func(outcome string, keywords []string) {
		wg.Go(func() {
			turn <- true
			defer func() { <-turn }()
			target := base
			for i, keyword := range keywords {
				value := strings.NewReplacer("HOST", host, "CERT", cert, "ROOT", cert).Replace(parameters[keyword].value)
				target += []string{"?", "&"}[min(i, 1)] + keyword + "=" + strings.ReplaceAll(url.QueryEscape(value), "+", "%20")
				if keyword == "sslcert" {
					target += "&sslkey=" + url.QueryEscape(cert) // one file, both
				}
			}
			if since, err := strconv.Atoi(outcome); err == nil {
				tryParameters(t, keywords, target, "", outcomeIf(major < since, "old"))
				return
			}
			switch outcome {
			case "programs", "tls": // ssl=true: there is no TLS on this server, and that is said
				tryParameters(t, keywords, target, outcomeIf(outcome == "tls", "fail"), outcome)
			default:
				tryParameters(t, keywords, target, outcome, outcome)
			}
		})
	}
	for keyword, p := range parameters {
		switch {
		case p.value == "": // in every URL, or in a test of its own
		case p.outcome == "" || p.outcome == "warn":
			together[p.outcome] = append(together[p.outcome], keyword)
		default:
			try(p.outcome, []string{keyword})
		}
	}
	try("warn", together["warn"])
	for keywords := range slices.Chunk(slices.Sorted(slices.Values(together[""])), 6) {
		try("", keywords)
	}
	wg.Wait()
}

func outcomeIf(yes bool, outcome string) string {
	if yes {
		return outcome
	}
	return ""
}

// tryParameters expects one outcome of what uses the driver and one of what calls a program.
func tryParameters(t *testing.T, keywords []string, target, driver, programs string) {
	t.Helper()
	code := func(outcome string) int {
		return map[string]int{"refuse": 2, "fail": 7, "tls": 7, "programs": 2, "old": 8}[outcome]
	}
	dir := filepath.Join(t.TempDir(), keywords[0])
	for _, c := range []struct {
		outcome string
		args    []string
	}{
		{driver, []string{"db", "status"}},
		{programs, []string{"db", "dump", "-o", dir + ".dump"}},
		{programs, []string{"db", "connect", "-c", "select current_setting('application_name')"}},
	} {
		said := run(t, target, code(c.outcome), c.args...)
		for _, keyword := range keywords {
			saysOf(t, keyword, c.outcome, said, c.args)
		}
	}
	keyword := strings.Join(keywords, ", ")
	if driver == "refuse" {
		if said := run(t, target, 2, "serve", "--data-dir", dir); !strings.Contains(said, "the parameter "+keyword+" is refused") {
			t.Errorf("%s, serve: it says %s", keyword, said)
		}
	} else if driver != "fail" {
		serves(t, keyword, target)
	}
}

// saysOf checks what a command says of a parameter.
func saysOf(t *testing.T, keyword, outcome, said string, args []string) {
	t.Helper()
	switch {
	case outcome == "warn" && !strings.Contains(said, "the parameter "+keyword+" is left out"),
		outcome == "refuse" && !strings.Contains(said, "the parameter "+keyword+" is refused"),
		(outcome == "programs" || outcome == "old") && !strings.Contains(said, keyword),
		outcome == "" && strings.Contains(said, "left out"):
		t.Errorf("%s, %v: outcome %q, it says %s", keyword, args, outcome, said)
	}
}

// run runs a command on a target and returns what it says.
func run(t *testing.T, target string, want int, args ...string) string {
	t.Helper()
	var out lockedBuffer
	got := cli.Run(t.Context(), args, environment(t, target), strings.NewReader(""), io.Discard, &out)
	if got != want {
		t.Errorf("%v on %s: exit code %d, want %d: %s", args, target, got, want, out.String())
	}
	return out.String()
}

func environment(t *testing.T, target string) func(string) string {
	values := map[string]string{
		"CONNECTION_URL": target, "CRUDDUR_LISTEN": "127.0.0.1:0", "CRUDDUR_ADMIN_LISTEN": "off",
		"CRUDDUR_POSTGRES_BIN": os.Getenv("CRUDDUR_POSTGRES_BIN"), "HOME": t.TempDir(),
	}
	return func(name string) string { return values[name] }
}

// serves starts serve on a target and asks for a page of the database.
func serves(t *testing.T, keyword, target string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out lockedBuffer
	code := make(chan int, 1)
	go func() {
		code <- cli.Run(ctx, []string{"serve"}, environment(t, target), strings.NewReader(""), io.Discard, &out)
	}()
	ready := regexp.MustCompile(`ready at (http://\S+)`)
	for range 6000 {
		if m := ready.FindStringSubmatch(out.String()); m != nil {
			res, err := http.Get(m[1] + "/api/activities/home?limit=40")
			if err != nil {
				t.Errorf("%s, serve: %v", keyword, err)
			} else if res.Body.Close(); res.StatusCode != 200 {
				t.Errorf("%s, serve: home = %d\n%s", keyword, res.StatusCode, out.String())
			}
			cancel()
			<-code
			return
		}
		select {
		case got := <-code:
			t.Errorf("%s, serve: exit code %d\n%s", keyword, got, out.String())
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Errorf("%s, serve: it is never ready\n%s", keyword, out.String())
}

// documented compares the table above with that of docs/database.md.
func documented(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile("../../docs/database.md")
	if err != nil {
		t.Fatal(err)
	}
	_, page, _ := strings.Cut(string(b), "## Parameters of a URL")
	page, _, _ = strings.Cut(page, "\n## ")
	var named []string
	for line := range strings.SplitSeq(page, "\n") {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cell, _, _ := strings.Cut(line[1:], "|")
		for _, m := range regexp.MustCompile("`([A-Za-z_.]+)`").FindAllStringSubmatch(cell, -1) {
			named = append(named, m[1])
			if _, ok := parameters[m[1]]; !ok {
				t.Errorf("docs/database.md names %s, which no test tries", m[1])
			}
		}
	}
	for keyword := range parameters {
		if !slices.Contains(named, keyword) {
			t.Errorf("docs/database.md does not name %s", keyword)
		}
	}
}

// certificate is a file with a certificate and its key.
func certificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "cert.pem")
	text := append(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// programMajor is the version of the newest psql that cruddur finds.
func programMajor(t *testing.T) int {
	t.Helper()
	path := "psql"
	if dir := os.Getenv("CRUDDUR_POSTGRES_BIN"); dir != "" {
		path = filepath.Join(dir, "psql")
	}
	out, err := exec.Command(path, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`\) ([0-9]+)`).FindSubmatch(out)
	n, _ := strconv.Atoi(string(m[1]))
	return n
}
