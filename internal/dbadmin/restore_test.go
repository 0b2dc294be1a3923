package dbadmin

import (
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
	if err := a.Restore(t.Context(), Tools{}, strings.NewReader(dump+end), RestoreOptions{}); err != nil {
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
	err = a.Restore(t.Context(), Tools{}, strings.NewReader(dump+"SET setting_of_tomorrow = 'on';\n"+end), RestoreOptions{})
	if err == nil || !strings.Contains(err.Error(), "unrecognized configuration parameter \"setting_of_tomorrow\" (SQLSTATE 42704)\nline 18: SET setting_of_tomorrow = 'on'") {
		t.Errorf("Restore() with it beyond the preamble = %v", err)
	}
}
