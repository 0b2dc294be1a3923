package api_test

import (
	"encoding/json"
	"testing"
	"time"
	"unicode/utf8"

	"cruddur"
	"cruddur/internal/api"

	"pgregory.net/rapid"
)

// The bytes are those of encoding/json, whatever the text.
func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "a", `"\/`, "\x00\x1f\x7f\b\f\n\r\t", "<script>&</script>", "\u2028\u2029\u202a", "😀é\u0301", "\xff\xc0\x80", "a\xed\xa0\x80", "\xe2\x80"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := api.AppendString([]byte("x"), s); string(got) != "x"+string(want) {
			t.Errorf("appendString(%q) = %s, want %s", s, got[1:], want)
		}
	})
}

func TestAppendTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := time.FixedZone("", rapid.IntRange(-50000, 50000).Draw(t, "zone"))
		in := time.Unix(rapid.Int64Range(0, 200_000_000_000).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanos")).In(zone)
		want := in.UTC().Format(`"2006-01-02T15:04:05.000000Z07:00"`)
		if got := string(api.AppendTime(nil, in)); got != want {
			t.Errorf("appendTime(%v) = %s, want %s", in, got, want)
		}
	})
}

// A token is printable ASCII without spaces; anything else is treated as no token.
func FuzzBearer(f *testing.F) {
	for _, s := range []string{"", "Bearer null", "Bearer a.b.c", "bearer  x ", "Bearer", "Basic YTpi", "Bearer a b", "Bearer \x00", "Bearer undefined"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		token := api.Bearer([]string{s})
		if token == "null" || token == "undefined" {
			t.Errorf("bearer(%q) = %q", s, token)
		}
		for i := range len(token) {
			if token[i] <= ' ' || token[i] > '~' {
				t.Errorf("bearer(%q) = %q", s, token)
			}
		}
		if got := api.Bearer([]string{s, s}); got != "" {
			t.Errorf("two headers give %q", got)
		}
	})
}

// Whatever the body, the answer is a value or one of our errors, and a string is valid UTF-8.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{}`, `{"message":"a","ttl":"1-day"}`, `{"message":5}`, `[]`, `null`, `{"message":"\ud800"}`, "{\"message\":\"\xff\"}", `{"a":{"b":[`, ` {"MESSAGE":"x"} `} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var in struct {
			Message *string `json:"message"`
		}
		err := api.Decode(b, &in)
		if err != nil && cruddur.KindOf(err) != cruddur.KindInvalid {
			t.Errorf("decode(%q): %v", b, err)
		}
		if err == nil && in.Message != nil && !utf8.ValidString(*in.Message) {
			t.Errorf("decode(%q) = %q", b, *in.Message)
		}
	})
}

// A page has 1 to 100 items, or the limit is refused.
func FuzzParseLimit(f *testing.F) {
	for _, s := range []string{"", "1", "100", "101", "0", "-1", "99999999999999999999", "-99999999999999999999", "0x10", "1e3", " 5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := api.ParseLimit(s)
		if err == nil && (n < 1 || n > 100) {
			t.Errorf("parseLimit(%q) = %d", s, n)
		}
	})
}

// A cursor is a UUID that prints as it was read.
func FuzzParseUUID(f *testing.F) {
	for _, s := range []string{"", "01a209f3-3c97-7a1c-a3a1-fb9dcc9ed970", "01A209F3-3C97-7A1C-A3A1-FB9DCC9ED970", "01a209f3-3c97-7a1c-a3a1-fb9dcc9ed97g", "{01a209f3-3c97-7a1c-a3a1-fb9dcc9ed970}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := cruddur.ParseUUID(s)
		if err == nil {
			if again, err := cruddur.ParseUUID(u.String()); err != nil || again != u {
				t.Errorf("%q parses to %v, which parses to %v, %v", s, u, again, err)
			}
		}
	})
}

func FuzzIfNoneMatch(f *testing.F) {
	f.Add(`"a"`, `"a"`)
	f.Add(`W/"a", "b"`, `"b"`)
	f.Add(`*`, `"x"`)
	f.Fuzz(func(t *testing.T, header, tag string) {
		if api.Matches([]string{header}, tag) && header == "" {
			t.Errorf("an empty header matches %q", tag)
		}
	})
}
