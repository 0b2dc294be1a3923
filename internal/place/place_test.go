package place_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
	"cruddur/internal/place"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// store counts its reads, and fails if told to.
type store struct {
	place.Store
	reads int
	err   error
}

func (s *store) Place(ctx context.Context) (cruddur.Place, error) {
	s.reads++
	if s.err != nil {
		return cruddur.Place{}, s.err
	}
	return s.Store.Place(ctx)
}

// The place is read once a second, is the last one known while the database is away, and unknown before.
func TestGet(t *testing.T) {
	t.Parallel()
	s := &store{Store: pgtest.New(t), err: errors.New("away")}
	k := place.New(s)
	if _, err := k.Get(t.Context(), now); !errors.Is(err, s.err) {
		t.Errorf("a place that was never read: %v", err)
	}
	s.err, s.reads = nil, 0
	get := func(after time.Duration, name string, reads int) {
		t.Helper()
		p, err := k.Get(t.Context(), now.Add(after))
		if err != nil || p.Name != name || s.reads != reads {
			t.Errorf("after %v: %q, %v, read %d times, want %q, %d", after, p.Name, err, s.reads, name, reads)
		}
	}
	other := place.New(s.Store)
	rename := func(k *place.Keeper, name string, after time.Duration) {
		t.Helper()
		if _, err := k.Change(t.Context(), func(p *cruddur.Place) error { p.Name = name; return nil }, "@eve", now.Add(after)); err != nil {
			t.Fatal(err)
		}
	}
	get(0, "Cruddur", 1)
	rename(other, "Other", 0)
	get(time.Second-time.Microsecond, "Cruddur", 1)
	get(time.Second, "Other", 2)
	rename(k, "Own", 1100*time.Millisecond)
	get(1100*time.Millisecond, "Own", 2)
	s.err = errors.New("away")
	get(3*time.Second, "Own", 3)
	get(3500*time.Millisecond, "Own", 3)
	get(4*time.Second, "Own", 4)
	s.err = nil
	rename(other, "Late", 4*time.Second)
	get(5*time.Second, "Late", 5)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if p, err := k.Get(cancelled, now.Add(6*time.Second)); err != nil || p.Name != "Late" || s.reads != 6 {
		t.Errorf("a request that its client has left: %q, %v", p.Name, err)
	}
}

func TestDomains(t *testing.T) {
	t.Parallel()
	got, err := place.Domains([]string{" Zürich.example. ", "@school.example", "*.Straße.example", "", "xn--zrich-kva.example"})
	if want := []string{"xn--zrich-kva.example", "school.example", "*.xn--strae-oqa.example", "xn--zrich-kva.example"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("Domains() = %q, %v, want %q", got, err, want)
	}
	for _, bad := range []string{"a b.example", "ex ample", "-a.example"} {
		if got, err := place.Domains([]string{bad}); err == nil || cruddur.CodesOf(err)[0] != "domain_invalid" {
			t.Errorf("Domains(%q) = %q, %v", bad, got, err)
		}
	}
	k := place.New(pgtest.New(t))
	for _, bad := range []string{"a..example", "xn--.example", "example", "*.*.example", "a.*.example", "*", "a.example/b", "a@b.example"} {
		p, err := k.Change(t.Context(), func(p *cruddur.Place) error { p.Domains = []string{bad}; return nil }, "@eve", now)
		if err == nil || cruddur.CodesOf(err)[0] != "domain_invalid" {
			t.Errorf("the domain %q is stored as %q, %v", bad, p.Domains, err)
		}
	}
	for ascii, want := range map[string]string{"xn--zrich-kva.example": "zürich.example", "*.xn--zrich-kva.example": "*.zürich.example", "school.example": "school.example"} {
		if got := place.Written(ascii); got != want {
			t.Errorf("Written(%q) = %q, want %q", ascii, got, want)
		}
	}
}
