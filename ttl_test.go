package cruddur_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cruddur"
)

func TestPresets(t *testing.T) {
	t.Parallel()
	want := []cruddur.TTL{"1-hour", "3-hours", "12-hours", "1-day", "3-days", "7-days", "30-days"}
	var got []cruddur.TTL
	for _, p := range cruddur.Presets {
		got = append(got, p.TTL)
		if d, ok := p.TTL.Duration(); !ok || d != p.Duration || cruddur.TTLOf(d) != p.TTL {
			t.Errorf("%s: Duration() = %v, %v and back %q, want %v", p.TTL, d, ok, cruddur.TTLOf(d), p.Duration)
		}
		if parsed, err := cruddur.ParseTTL(string(p.TTL)); err != nil || parsed != p.TTL {
			t.Errorf("ParseTTL(%q) = %q, %v", p.TTL, parsed, err)
		}
		if p.Label == "" || p.Duration > cruddur.MaxLife {
			t.Errorf("%s: label %q, duration %v", p.TTL, p.Label, p.Duration)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("Presets = %v, want %v", got, want)
	}
	if !slices.IsSortedFunc(cruddur.Presets, func(a, b cruddur.Preset) int { return int(a.Duration - b.Duration) }) {
		t.Error("the presets are not in order, shortest first")
	}
	if _, ok := cruddur.DefaultTTL.Duration(); !ok || cruddur.DefaultTTL != "7-days" {
		t.Errorf("the default is %q, want 7-days", cruddur.DefaultTTL)
	}
}

func TestParseTTLUnknown(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "1-Hour", " 1-hour", "1-hour ", "2-hours", "60m", "1 hour", "31-days", "1-hour\x00"} {
		_, err := cruddur.ParseTTL(s)
		if codes := cruddur.CodesOf(err); err == nil || !slices.Equal(codes, []string{"ttl_blank"}) {
			t.Errorf("ParseTTL(%q) = %v, want ttl_blank", s, err)
		}
	}
}

// An activity names its preset only while its end is where the preset put it. It is visible before its end, not at
// its end.
func TestLifetime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		created := time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(t, "created")).UTC()
		p := rapid.SampledFrom(cruddur.Presets).Draw(t, "preset")
		a := cruddur.Activity{CreatedAt: created, ExpiresAt: created.Add(p.Duration)}
		if a.TTL() != p.TTL {
			t.Fatalf("TTL() = %q, want %q", a.TTL(), p.TTL)
		}
		early := time.Duration(rapid.Int64Range(1, int64(cruddur.MaxLife)).Draw(t, "early"))
		if !a.Visible(a.ExpiresAt.Add(-early)) {
			t.Fatalf("hidden %v before its end", early)
		}
		if a.Visible(a.ExpiresAt) || a.Visible(a.ExpiresAt.Add(early)) {
			t.Fatal("visible at or after its end")
		}
		if early < time.Hour { // shorter than any difference between two presets
			a.ExpiresAt = a.ExpiresAt.Add(-early)
			if a.TTL() != "" {
				t.Fatalf("TTL() = %q after the end was moved, want none", a.TTL())
			}
		}
	})
}
