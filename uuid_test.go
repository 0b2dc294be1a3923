package cruddur_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"cruddur"
)

func FuzzParseUUID(f *testing.F) {
	for _, s := range []string{
		"", "0192f3a4-5b6c-7d8e-9f00-112233445566", "0192F3A4-5B6C-7D8E-9F00-112233445566",
		"0192f3a45b6c7d8e9f00112233445566", "{0192f3a4-5b6c-7d8e-9f00-112233445566}",
		"0192f3a4-5b6c-7d8e-9f00-11223344556g", "0192f3a4_5b6c-7d8e-9f00-112233445566",
		"-192f3a4-5b6c-7d8e-9f00-112233445566", "0192f3a4-5b6c-7d8e-9f00-112233445566\n", strings.Repeat("é", 18),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := cruddur.ParseUUID(s)
		if err != nil {
			if cruddur.KindOf(err) != cruddur.KindNotFound || !u.IsZero() {
				t.Errorf("ParseUUID(%q) = %v, %v; want the nil UUID and not_found", s, u, err)
			}
			return
		}
		if u.String() != strings.ToLower(s) {
			t.Errorf("ParseUUID(%q).String() = %q", s, u.String())
		}
	})
}

// A UUID has dashes in the four places and hexadecimal digits in all others.
func TestParseUUIDForm(t *testing.T) {
	t.Parallel()
	const good = "0192f3a4-5b6c-7d8e-9f00-112233445566"
	if u, err := cruddur.ParseUUID(good); err != nil || u.String() != good || u.IsZero() {
		t.Errorf("ParseUUID(%q) = %v, %v", good, u, err)
	}
	for i := range len(good) {
		for _, sign := range []string{"-", "a", "g", ""} {
			s := good[:i] + sign + good[i+1:]
			want := s == good || good[i] != '-' && sign == "a"
			if u, err := cruddur.ParseUUID(s); (err == nil) != want || err != nil && !u.IsZero() {
				t.Errorf("ParseUUID(%q) = %v, %v, want it taken: %v", s, u, err, want)
			}
		}
	}
	if u, err := cruddur.ParseUUID(good + "0"); err == nil {
		t.Errorf("ParseUUID() of 37 characters = %v", u)
	}
}

func TestUUIDText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		u := cruddur.UUID(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes"))
		v, err := cruddur.ParseUUID(u.String())
		if err != nil || v != u {
			t.Fatalf("ParseUUID(%v) = %v, %v", u, v, err)
		}
		if got := string(u.AppendText([]byte("x"))); got != "x"+u.String() {
			t.Fatalf("AppendText = %q", got)
		}
		if u.IsZero() != (u == cruddur.UUID{}) || strings.Compare(u.String(), cruddur.MaxUUID.String()) > 0 {
			t.Fatalf("%v is out of order", u)
		}
	})
}

// The time of a UUID is the microsecond of which the database made it (uuid_v7).
func TestUUIDTime(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
	for us := range 2000 {
		at := at.Add(time.Duration(us) * time.Microsecond)
		if got := cruddur.UUIDAfter(at).Time(); !got.Equal(at) {
			t.Fatalf("Time() = %v, want %v", got, at)
		}
	}
}
