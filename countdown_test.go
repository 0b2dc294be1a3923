package cruddur_test

import (
	"encoding/json"
	"os"
	"testing"
	"time"

	"cruddur"
)

// The page's script is tested with the same cases (e2e).
func TestCountdown(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/countdown.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases [][2]any
	if err := json.Unmarshal(b, &cases); err != nil || len(cases) < 30 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, c := range cases {
		left := time.Duration(c[0].(float64)) * time.Millisecond
		if got := cruddur.Countdown(left); got != c[1] {
			t.Errorf("Countdown(%v) = %q, want %q", left, got, c[1])
		}
	}
	for _, p := range cruddur.Presets {
		if got, next := cruddur.Countdown(p.Duration), cruddur.Countdown(p.Duration-time.Microsecond); len(got) > 3 || next == got {
			t.Errorf("%s begins with %q and goes on with %q", p.Label, got, next)
		}
	}
}

// The page's script is tested with the same cases (e2e).
func TestAgo(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("testdata/ago.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases [][2]any
	if err := json.Unmarshal(b, &cases); err != nil || len(cases) < 10 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for _, c := range cases {
		since := time.Duration(c[0].(float64)) * time.Millisecond
		if got := cruddur.Ago(since); got != c[1] {
			t.Errorf("Ago(%v) = %q, want %q", since, got, c[1])
		}
	}
}
