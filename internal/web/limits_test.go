package web

import (
	"fmt"
	"testing"
)

// Pages are limited by member and by address, far above what people do; static files are not.
func TestPagesAreLimited(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Feed = fixed(nil) })
	count := func(b *browser, path string) (n int) {
		for range 700 {
			switch a := b.get(path); a.status {
			case 200:
				n++
			case 429:
				if a.header.Get("Retry-After") == "" || a.text("h1") == "" {
					t.Fatalf("a refused page says nothing: %v\n%s", a.header, a.body)
				}
			default:
				t.Fatalf("%s: status %d", path, a.status)
			}
		}
		return n
	}
	stranger := w.stranger()
	if n := count(stranger, "/"); n != 600 {
		t.Errorf("a stranger reads %d pages of 700, want 600", n)
	}
	if n := count(stranger, w.site.static.assets[0].CSS); n != 700 {
		t.Errorf("%d static files of 700 are answered", n)
	}
	for i, want := range []int{600, 600, 0} {
		b, _ := w.member(fmt.Sprintf("member%d", i))
		if n := count(b, "/about"); n != want {
			t.Errorf("member %d at one address reads %d pages, want %d", i, n, want)
		}
		b.client = fmt.Sprintf("192.0.2.%d", i)
		if got, want := b.get("/about").status, map[bool]int{true: 200, false: 429}[i == 2]; got != want {
			t.Errorf("member %d at another address: %d, want %d", i, got, want)
		}
	}
}

// A flood of requests blocks only its own network.
func TestFloodOfPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(c *Config) { c.Feed = fixed(nil) })
	flood, answered := w.stranger(), 0
	for i := range 12_000 {
		flood.client = fmt.Sprintf("2001:db8:1:%x::1", i)
		if flood.get("/about").status == 200 {
			answered++
		}
	}
	if answered != 16*600 {
		t.Errorf("%d pages are answered to one /48, want 9600", answered)
	}
	for _, client := range []string{"192.0.2.1", "2001:db8:2::1"} {
		b := w.stranger()
		b.client = client
		b.get("/").want(t, 200)
		b.post("/signin", "email", "nobody@example.com", "password", "correct horse").want(t, 422)
	}
}
