package cruddur_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"cruddur"
)

func TestCheckMessage(t *testing.T) {
	t.Parallel()
	family := "\U0001F468\u200d\U0001F469\u200d\U0001F467" // five code points, shown as one picture
	for _, tt := range []struct{ name, in, want, code string }{
		{"plain", "hello", "hello", ""},
		{"white space around", " \t\r\n hello \u3000\n", "hello", ""},
		{"zero-width space around", "\u200bhello\ufeff", "hello", ""},
		{"line ends of a form", "a\r\nb", "a\nb", ""},
		{"several carriage returns", "a\r\r\nb\r", "a\nb", ""},
		{"carriage returns inside stay", "a\rb\r\n\r\nc", "a\rb\n\nc", ""},
		{"280 letters", strings.Repeat("é", 280), strings.Repeat("é", 280), ""},
		{"280 emoji", strings.Repeat("🙂", 280), strings.Repeat("🙂", 280), ""},
		{"281 letters", strings.Repeat("é", 281), "", "message_exceed_max_chars"},
		{"one letter", "a", "a", ""},
		{"a control inside stays", "a\x01b", "a\x01b", ""},
		{"controls around", "\x01hello\x7f", "hello", ""},
		{"281 emoji", strings.Repeat("🙂", 281), "", "message_exceed_max_chars"},
		{"56 joined emoji are 280", strings.Repeat(family, 56), strings.Repeat(family, 56), ""},
		{"57 joined emoji are 285", strings.Repeat(family, 57), "", "message_exceed_max_chars"},
		{"combining marks count", strings.Repeat("e\u0301", 141), "", "message_exceed_max_chars"},
		{"280 and white space around", " " + strings.Repeat("a", 280) + " ", strings.Repeat("a", 280), ""},
		{"line ends count once", strings.Repeat("a\r\n", 139) + "ab", strings.Repeat("a\n", 139) + "ab", ""},
		{"right to left", "\u202eשלום", "\u202eשלום", ""},
		{"markup stays text", `<script>alert("1")</script> 100%`, `<script>alert("1")</script> 100%`, ""},
		{"empty", "", "", "message_blank"},
		{"only white space", " \r\n\u00a0", "", "message_blank"},
		{"only zero width", "\u200b\u2060\ufeff", "", "message_blank"},
		{"NUL", "a\x00b", "", "message_invalid_text"},
		{"not UTF-8", "a\xffb", "", "message_invalid_text"},
		{"half a surrogate", "\xed\xa0\x80", "", "message_invalid_text"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := cruddur.CheckMessage(tt.in)
			if got != tt.want {
				t.Errorf("CheckMessage() = %q, want %q", got, tt.want)
			}
			checkCode(t, err, tt.code)
		})
	}
}

// CheckMessage accepts its own results unchanged, and they are never too long or blank.
func TestCheckMessageTwice(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		once, err := cruddur.CheckMessage(messages().Draw(t, "message"))
		if err != nil {
			return
		}
		if n := utf8.RuneCountInString(once); n < 1 || n > cruddur.MaxMessage {
			t.Fatalf("accepted %d code points", n)
		}
		twice, err := cruddur.CheckMessage(once)
		if err != nil || twice != once {
			t.Fatalf("CheckMessage(%q) = %q, %v the second time", once, twice, err)
		}
	})
}

// An activity is visible before its end, not at its end. It has a preset's name only if its life is exactly that
// long.
func TestActivityEdges(t *testing.T) {
	t.Parallel()
	created := time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC)
	a := cruddur.Activity{CreatedAt: created, ExpiresAt: created.Add(time.Hour)}
	for _, tt := range []struct {
		after time.Duration
		want  bool
	}{{0, true}, {time.Hour - 1, true}, {time.Hour, false}, {time.Hour + 1, false}} {
		if got := a.Visible(created.Add(tt.after)); got != tt.want {
			t.Errorf("after %v Visible() = %v", tt.after, got)
		}
	}
	for _, moved := range []time.Duration{-1, 1} {
		b := cruddur.Activity{CreatedAt: created, ExpiresAt: a.ExpiresAt.Add(moved)}
		if b.TTL() != "" || a.TTL() != "1-hour" {
			t.Errorf("TTL() = %q, moved by %v %q", a.TTL(), moved, b.TTL())
		}
	}
}
