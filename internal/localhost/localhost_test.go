package localhost_test

import (
	"testing"

	"cruddur/internal/localhost"
)

func TestIsThisMachine(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]struct{ is, database, request bool }{
		"localhost":              {true, true, true},
		"LOCALHOST":              {true, true, true},
		"localhost.":             {true, true, true},
		"127.0.0.1":              {true, true, true},
		"127.0.0.2":              {true, true, true},
		"127.255.255.255":        {true, true, true},
		"::1":                    {true, true, true},
		"[::1]":                  {true, true, true},
		"::ffff:127.0.0.1":       {true, true, true},
		"[::ffff:127.0.0.1]":     {true, true, true},
		"":                       {false, true, false},
		"/run/postgresql":        {false, true, false},
		"/tmp":                   {false, true, false},
		"@abstract":              {false, true, false},
		"localhost:5432":         {false, false, true},
		"127.0.0.1:5432":         {false, false, true},
		"[::1]:5432":             {false, false, true},
		":5432":                  {false, false, false},
		"cruddur.localhost":      {false, false, true},
		"cruddur.LOCALHOST.:80":  {false, false, true},
		".localhost":             {false, false, true},
		"localhost..":            {false, false, false},
		"nolocalhost":            {false, false, false},
		"localhost.example.org":  {false, false, false},
		"127.0.0.1.example.org":  {false, false, false},
		"0.0.0.0":                {false, false, false},
		"::":                     {false, false, false},
		"126.255.255.255":        {false, false, false},
		"128.0.0.0":              {false, false, false},
		"::2":                    {false, false, false},
		"::ffff:10.0.0.1":        {false, false, false},
		"[::1":                   {false, false, false},
		"127.1":                  {false, false, false},
		"0x7f.1":                 {false, false, false},
		"2130706433":             {false, false, false},
		"10.0.0.7":               {false, false, false},
		"fd00::1":                {false, false, false},
		"db":                     {false, false, false},
		"evil.example:4567":      {false, false, false},
		"localhost@evil.example": {false, false, false},
	} {
		if got := localhost.Is(host); got != want.is {
			t.Errorf("Is(%q) = %v, want %v", host, got, want.is)
		}
		if got := localhost.IsDatabase(host); got != want.database {
			t.Errorf("IsDatabase(%q) = %v, want %v", host, got, want.database)
		}
		if got := localhost.IsRequest(host); got != want.request {
			t.Errorf("IsRequest(%q) = %v, want %v", host, got, want.request)
		}
	}
}
