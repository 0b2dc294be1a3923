package e2e

import (
	"encoding/json"
	"testing"
	"unicode"
	"unicode/utf8"

	"cruddur"
)

// TestCounterIsTheServers holds the counter of the form against the rule of the server, code point by
// code point.
func TestCounterIsTheServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newTab(t, w.url)
	b.open("/about")
	texts := []string{
		"", " ", "a", " a ", "a b", "\r\na\r\nb\r\n", "é", "e\u0301", "👩‍👩‍👧‍👦", "🏳️‍🌈", "𝒳𝒴", "\u200b\u2060\ufeff", "\u200bx\u200b", "\u00a0x\u3000",
		"שלום", "\u202eabc", "\u202e", "\u3164\u2800 ", "\u0301", "🙂\u200d", "\u200d", "\ufe0f", "\U000E0061", "\ufffc", "\U0001D159", "\u2064", "a\tb", "\x01x\x7f", "\u0085x\u2028", "x\u180e", "z\u0300\u0301\u0302\u0303", "a\x00b",
	}
	for r := rune(0); r < 0x3100; r++ { // every character that either side could take for white space
		if utf8.ValidRune(r) {
			texts = append(texts, string(r)+"x"+string(r))
			if unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf) { // both know it
				texts = append(texts, string(r))
			}
		}
	}
	in, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	got := eval[[]int](b, `import(document.querySelector("script[type=module]").src).then((m) => `+string(in)+`.map(m.count))`)
	for i, s := range texts {
		want := 0
		if checked, err := cruddur.CheckMessage(s); err == nil {
			want = utf8.RuneCountInString(checked)
		} else if cruddur.CodesOf(err)[0] != "message_blank" {
			continue // what cannot be posted at all need not be counted
		}
		if got[i] != want {
			t.Errorf("count(%q) = %d, want %d", s, got[i], want)
		}
	}
}

// TestCountdown holds the words for what is left, on both sides of every boundary.
func TestCountdown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newTab(t, w.url)
	b.open("/about")
	const second, minute, hour, day = 1000, 60_000, 3_600_000, 86_400_000
	cases := []struct {
		ms   int
		want string
	}{
		{30 * day, "30d"},
		{7 * day, "7d"},
		{7*day - 1, "7d"},
		{6*day + 12*hour - 1, "6d"},
		{day + 1, "1d"},
		{day, "1d"},
		{day - 1, "23h"},
		{23 * hour, "23h"},
		{23*hour - 1, "22h"},
		{hour + 1, "1h"},
		{hour, "1h"},
		{hour - 1, "59m"},
		{59 * minute, "59m"},
		{5*minute + 1, "5m"},
		{5 * minute, "5m"},
		{5*minute - 1, "5:00"},
		{5*minute - second, "4:59"},
		{minute, "1:00"},
		{minute - 1, "1:00"},
		{59 * second, "0:59"},
		{1, "0:01"},
		{0, "expired"},
		{-1, "expired"},
		{-day, "expired"},
	}
	var ms []int
	for _, c := range cases {
		ms = append(ms, c.ms)
	}
	in, err := json.Marshal(ms)
	if err != nil {
		t.Fatal(err)
	}
	got := eval[[]string](b, `import(document.querySelector("script[type=module]").src).then((m) => `+string(in)+`.map(m.countdown))`)
	for i, c := range cases {
		if got[i] != c.want {
			t.Errorf("countdown(%d ms) = %q, want %q", c.ms, got[i], c.want)
		}
	}
	// The timer wakes for every change of the words: they are the same until change() is over.
	late := eval[[]int](b, `import(document.querySelector("script[type=module]").src).then((m) => {
		const late = [];
		for (let ms = 1; ms < 2 * 86400000; ms += 997 + Math.floor(ms / 300)) {
			const until = m.change(ms);
			if (until < 1 || m.countdown(ms) !== m.countdown(ms - until + 1)) late.push(ms);
		}
		return late;
	})`)
	if len(late) != 0 {
		t.Errorf("the words change before the timer does, at %v ms", late[:min(len(late), 5)])
	}
}
