package rds_test

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cruddur/internal/rds"
	"cruddur/internal/rds/awsfake"
)

func TestParseURL(t *testing.T) {
	t.Parallel()
	const host = "db.c9xyz.eu-central-1.rds.amazonaws.com"
	arn := "arn:aws:secretsmanager:us-east-2:123456789012:secret:rds!db-1"
	tests := []struct {
		name, raw string
		want      *rds.Target // nil: refused
	}{
		{"plain", "postgresql://u:p%40ss@h:5432/db?sslmode=disable", &rds.Target{URL: "postgresql://u:p%40ss@h:5432/db?sslmode=disable", Host: "h", User: "u", SSLMode: "disable"}},
		{
			"iam", "postgresql://u@" + host + ":6000/db?sslmode=verify-full&cruddur_auth=iam&connect_timeout=5",
			&rds.Target{URL: "postgresql://u@" + host + ":6000/db?sslmode=verify-full&connect_timeout=5", Host: host, User: "u", SSLMode: "verify-full", IAM: true, Region: "eu-central-1"},
		},
		{
			"secret", "postgresql://u@h/db?sslmode=require&cruddur_secret=" + url.QueryEscape(arn),
			&rds.Target{URL: "postgresql://u@h/db?sslmode=require", Host: "h", User: "u", SSLMode: "require", Secret: arn, Region: "us-east-2"},
		},
		{
			"iam by another name", "postgresql://u@db.example/db?cruddur_auth=iam&cruddur_region=ca-central-1&sslmode=verify-full",
			&rds.Target{URL: "postgresql://u@db.example/db?sslmode=verify-full", Host: "db.example", User: "u", SSLMode: "verify-full", IAM: true, Region: "ca-central-1"},
		},
		{"several hosts", "postgresql://u@h1:5432,h2:5433/db?target_session_attrs=any", &rds.Target{URL: "postgresql://u@h1:5432,h2:5433/db?target_session_attrs=any"}},
		{"keyword form", "host=/tmp user=u", &rds.Target{URL: "host=/tmp user=u"}},
		{"nothing", "", &rds.Target{}},
		{"iam in the clear", "postgresql://u@" + host + "/db?cruddur_auth=iam", nil},
		{"iam, sslmode prefer", "postgresql://u@" + host + "/db?cruddur_auth=iam&sslmode=prefer", nil},
		{"iam without a user", "postgresql://" + host + "/db?cruddur_auth=iam&sslmode=verify-full", nil},
		{"iam without a region", "postgresql://u@db.example/db?cruddur_auth=iam&sslmode=verify-full", nil},
		{"iam and a password", "postgresql://u:secret1@" + host + "/db?cruddur_auth=iam&sslmode=verify-full", nil},
		{"iam and a secret", "postgresql://u@" + host + "/db?cruddur_auth=iam&cruddur_secret=x&sslmode=verify-full", nil},
		{"another auth", "postgresql://u@" + host + "/db?cruddur_auth=magic&sslmode=verify-full", nil},
		{"several hosts with iam", "postgresql://u@h1:5432,h2:5433/db?cruddur_auth=iam&sslmode=verify-full", nil},
		{"broken escape", "postgresql://u@h/db?cruddur_secret=%zz", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := rds.ParseURL(test.raw)
			if test.want == nil {
				if err == nil {
					t.Fatalf("ParseURL() = %+v, want it refused", got)
				}
				if strings.Contains(err.Error(), "secret1") {
					t.Errorf("the error shows the password: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("ParseURL (-want +got):\n%s", diff)
			}
		})
	}
	got, _ := rds.ParseURL("postgresql://u@" + host + "/db?sslmode=verify-full")
	if !got.NeedsBundle() {
		t.Error("an RDS host that is verified does not get the bundle")
	}
	got, _ = rds.ParseURL("postgresql://u@" + host + "/db?sslmode=verify-full&sslrootcert=/x.pem")
	if got.NeedsBundle() {
		t.Error("a certificate file of the URL is overridden")
	}
}

func TestConnectionURL(t *testing.T) {
	t.Parallel()
	_, c := start(t)
	i := create(t, c, rds.Dev)
	for auth, user := range map[string]string{"iam": "cruddur_app", "secret": "cruddur_admin", "none": "cruddur_app"} {
		raw, err := i.ConnectionURL(auth, user, "cruddur")
		if err != nil {
			t.Fatal(err)
		}
		got, err := rds.ParseURL(raw)
		if err != nil || got.Host != i.Host || got.User != user || got.IAM != (auth == "iam") || (got.Secret != "") != (auth == "secret") || !got.NeedsBundle() {
			t.Errorf("%s: ParseURL(%s) = %+v, %v", auth, raw, got, err)
		}
	}
	for _, bad := range [][2]string{{"magic", "u"}, {"secret", "somebody"}} {
		if _, err := i.ConnectionURL(bad[0], bad[1], "d"); err == nil {
			t.Errorf("ConnectionURL(%v) = nil, want it refused", bad)
		}
	}
	i.IAM, i.Secret = false, ""
	for _, auth := range []string{"iam", "secret"} {
		if _, err := i.ConnectionURL(auth, "cruddur_admin", "d"); err == nil || !strings.Contains(err.Error(), "rds modify") {
			t.Errorf("ConnectionURL(%s) = %v, want how to switch it on", auth, err)
		}
	}
}

func TestSecret(t *testing.T) {
	t.Parallel()
	s, c := start(t)
	const id = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:app"
	s.SetSecret(awsfake.Secret{Arn: id, User: "app", Current: "one"})
	creds := c.Credentials(&rds.Target{Secret: id})
	password := func() string {
		t.Helper()
		p, err := creds.Password(t.Context(), "h", 5432, "app")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	refresh := func() {
		t.Helper()
		if err := creds.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if first, second := password(), password(); first != "one" || second != "one" || len(s.Calls()) != 1 {
		t.Error("the secret is not kept")
	}
	s.SetSecret(awsfake.Secret{Arn: id, User: "app", Current: "one", Pending: "two"}) // the database has two by now
	if refresh(); password() != "two" {
		t.Errorf("in the middle of a rotation: %q, want the pending password", password())
	}
	rds.Settle(creds, time.Hour)
	if refresh(); password() != "two" { // for a connection that had begun with one
		t.Errorf("refused late with the one before: %q, want the pending password still", password())
	}
	rds.Settle(creds, 0)
	if refresh(); password() != "one" {
		t.Errorf("a rotation that never ends: %q, want the current password back", password())
	}
	if refresh(); password() != "two" {
		t.Errorf("a rotation that goes on: %q, want the pending password", password())
	}
	rds.Settle(creds, time.Hour)
	s.SetSecret(awsfake.Secret{Arn: id, User: "app", Current: "two"})
	if refresh(); password() != "two" {
		t.Errorf("after it: %q, want the current password", password())
	}
	s.SetSecret(awsfake.Secret{Arn: id, User: "app", Current: "three"})
	if refresh(); password() != "three" {
		t.Errorf("the next one, already over: %q, want the current password", password())
	}
	if _, err := creds.Password(t.Context(), "h", 5432, "other"); err == nil {
		t.Error("another user gets the password")
	}
	s.Deny("secretsmanager:GetSecretValue")
	if err := creds.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "secretsmanager:GetSecretValue is not allowed") {
		t.Errorf("Refresh() denied = %v", err)
	}
	if password() != "three" {
		t.Error("a failed refresh forgets the password")
	}
}

func TestToken(t *testing.T) {
	t.Parallel()
	_, c := start(t)
	creds := c.Credentials(&rds.Target{IAM: true, Region: "us-east-1"})
	token, err := creds.Password(t.Context(), "db.c9.us-east-1.rds.amazonaws.com", 15432, "cruddur_app")
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse("https://" + token)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if u.Host != "db.c9.us-east-1.rds.amazonaws.com:15432" || q.Get("Action") != "connect" || q.Get("DBUser") != "cruddur_app" || q.Get("X-Amz-Expires") != "900" || !strings.Contains(q.Get("X-Amz-Credential"), "/us-east-1/rds-db/aws4_request") {
		t.Errorf("token = %s", token)
	}
	if strings.Contains(token, awsfake.SecretKey) {
		t.Error("the token holds the secret key")
	}
	if c.Credentials(&rds.Target{}) != nil {
		t.Error("a plain URL has credentials")
	}
}

func TestBundle(t *testing.T) {
	t.Parallel()
	sum := sha256.Sum256(rds.Bundle())
	if got := hex.EncodeToString(sum[:]); got != rds.BundleSHA256 {
		t.Errorf("SHA-256 of data/rds-ca.pem = %s, want that of its source, %s", got, rds.BundleSHA256)
	}
	names, n := map[string]bool{}, 0
	for rest := rds.Bundle(); ; n++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		names[cert.Subject.CommonName] = true
		if !cert.IsCA {
			t.Errorf("%s is not an authority", cert.Subject.CommonName)
		}
		if err := cert.CheckSignatureFrom(cert); err != nil {
			t.Errorf("%s is not a root: %v", cert.Subject.CommonName, err)
		}
		if left := time.Until(cert.NotAfter); left < 365*24*time.Hour {
			t.Errorf("%s ends in %.0f days: run data/refresh.mjs", cert.Subject.CommonName, left.Hours()/24)
		}
	}
	if n < 80 {
		t.Errorf("%d certificates, want those of every region", n)
	}
	for _, region := range []string{"us-east-1", "us-west-2", "eu-central-1", "eu-west-1", "ca-central-1", "ap-southeast-2", "sa-east-1", "me-central-1"} {
		for _, kind := range []string{"RSA2048", "RSA4096", "ECC384"} {
			if name := "Amazon RDS " + region + " Root CA " + kind + " G1"; !names[name] {
				t.Errorf("no certificate %s", name)
			}
		}
	}
	if !names["Amazon Root CA 1"] {
		t.Error("no certificate for RDS Proxy")
	}
	dir := t.TempDir()
	path, err := rds.WriteBundle(dir + "/deep")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := rds.WriteBundle(dir + "/deep")
	if b, _ := os.ReadFile(again); err != nil || again != path || string(b) != string(rds.Bundle()) {
		t.Errorf("WriteBundle() = %s, %v, want a broken file mended", again, err)
	}
}
