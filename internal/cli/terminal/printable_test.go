package terminal

import (
	"strings"
	"testing"
	"unicode"
)

func TestPrintable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                         "",
		"plain – “text” שלום 🙂\nb": "plain – “text” שלום 🙂\nb",
		"a\x1b[31mred":             `a\x1b[31mred`,
		"a\rb\x07\x7f\x00":         `a\rb\a\u007f\x00`,
		"\u009b31m\u202ex\u2069":   `\u009b31m\u202ex\u2069`,
		"\x9b31m\xff":              `\x9b31m\xff`,
		"tab\there �":              "tab\there �",
	} {
		got := Printable(in)
		if strings.ReplaceAll(got, `\u007f`, `\x7f`) != strings.ReplaceAll(want, `\u007f`, `\x7f`) {
			t.Errorf("printable(%q) = %q, want %q", in, got, want)
		}
	}
	for r := rune(0); r < 0x3000; r++ {
		if (unicode.Is(unicode.Cc, r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)) && strings.ContainsRune(Printable(string(r)), r) {
			t.Errorf("%U passes", r)
		}
	}
}
