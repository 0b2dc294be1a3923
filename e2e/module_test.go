package e2e

import (
	"encoding/json"
	"os"
	"testing"
	"unicode"
	"unicode/utf8"

	"cruddur"
)

// TestCounterIsTheServers compares the counter of the form with the rule of the server, for every code point.
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

// TestCountdown checks the text for the time left, on both sides of every boundary.
func TestCountdown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := newTab(t, w.url)
	b.open("/about")
	data, err := os.ReadFile("../internal/lang/testdata/countdown.json") // the cases of lang.Countdown too
	if err != nil {
		t.Fatal(err)
	}
	var cases [][2]any
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	got := eval[[]string](b, `import(document.querySelector("script[type=module]").src).then((m) => `+string(data)+`.map((c) => m.countdown(c[0])))`)
	for i, c := range cases {
		if got[i] != c[1] {
			t.Errorf("countdown(%v ms) = %q, want %q", c[0], got[i], c[1])
		}
	}
	if data, err = os.ReadFile("../internal/lang/testdata/ago.json"); err != nil { // the cases of lang.Ago too
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	got = eval[[]string](b, `import(document.querySelector("script[type=module]").src).then((m) => `+string(data)+`.map((c) => m.ago(c[0])))`)
	for i, c := range cases {
		if got[i] != c[1] {
			t.Errorf("ago(%v ms) = %q, want %q", c[0], got[i], c[1])
		}
	}
	// The timer wakes for every change of the text: the text stays the same until change() has passed, and then
	// differs.
	late := eval[[]int](b, `import(document.querySelector("script[type=module]").src).then((m) => {
		const late = [];
		for (const ms of [...Array(4000).keys()].map((i) => 1 + i * 997 + Math.floor(i * i * 0.06) * 180).concat([300000, 600000, 3600000, 86400000, 90000000])) {
			const until = m.change(ms);
			if (until < 1 || m.countdown(ms) !== m.countdown(ms - until + 1) || ms > 360000 && m.countdown(ms) === m.countdown(ms - until)) late.push(ms);
		}
		return late;
	})`)
	if len(late) != 0 {
		t.Errorf("the words change before the timer does, at %v ms", late[:min(len(late), 5)])
	}
}
