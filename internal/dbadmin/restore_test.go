package dbadmin

import (
	"io"
	"strings"
	"testing"

	"cruddur/internal/pgtest"
)

// pg_dump sets what its own version has, and the server may be older. In PostgreSQL 17 that is
// transaction_timeout; setting_of_tomorrow stands for it on every server. Beyond the preamble nothing is touched.
func TestRestoreFromNewerClient(t *testing.T) {
	t.Parallel()
	const dump = `--
-- PostgreSQL database dump
--

-- Dumped by pg_dump version 99.0

SET statement_timeout = 0;
SET transaction_timeout = 0;
SET setting_of_tomorrow = 'on';
SET client_encoding = 'UTF8';
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;

create table public.kept (line text);
copy public.kept from stdin;
SET setting_of_tomorrow = 'on';
\.
`
	const end = "\n--\n-- PostgreSQL database dump complete\n--\n"
	a := admin(t, pgtest.EmptyURL(t))
	if err := a.Restore(t.Context(), Tools{}, strings.NewReader(dump+end)); err != nil {
		t.Fatal(err)
	}
	conn, err := a.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t.Context(), conn)
	var got string
	if err := conn.QueryRow(t.Context(), "select string_agg(line, '|') from kept").Scan(&got); err != nil || got != "SET setting_of_tomorrow = 'on';" {
		t.Errorf("kept = %q, %v", got, err)
	}
	err = a.Restore(t.Context(), Tools{}, strings.NewReader(dump+"SET setting_of_tomorrow = 'on';\n"+end))
	if err == nil || !strings.Contains(err.Error(), `psql:<stdin>:18: ERROR:  unrecognized configuration parameter "setting_of_tomorrow"`) {
		t.Errorf("Restore() with it beyond the preamble = %v", err)
	}
	// psql has \restrict since August 2025, so here it is not sent to one.
	const restricted = "\\restrict k\n\nSET transaction_timeout_of_tomorrow = 0;\nSET lock_timeout = 0;\ncreate"
	out, err := a.knownSettings(t.Context(), strings.NewReader(restricted))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(out)
	if want := strings.Replace(restricted, "SET transaction", "-- SET transaction", 1); err != nil || string(text) != want {
		t.Errorf("knownSettings() = %q, %v, want %q", text, err, want)
	}
}
