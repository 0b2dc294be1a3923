package terminal

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestCellsIn(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]int{
		"": 0, "abc": 3, "äöü": 3, "日本語": 6, "ｱｲｳ": 3, "Ａ": 2, "한글": 4,
		"e\u0301": 1, "e\u0301\u0302x": 2, "\u0301x": 1, "n\u200bm": 2, "soft\u00adhyphen": 11,
		"\u1112\u1161\u11ab": 2,                       // a syllable in its parts
		"שלום":               4, "नमस्ते": 4, "ก้": 1, // Hebrew, Devanagari, Thai
		"🙂": 2, "🙂🙂": 4, "👍🏽": 2, "❤": 1, // ❤ is text by itself
		"❤\ufe0f": 2, "👩\u200d👩\u200d👧": 2, "🏳\ufe0f\u200d🌈": 2,
		"🇩🇪": 2, "🇩🇪🇫🇷": 4, "🇩": 1, "1\ufe0f": 1, "a\u200db": 2, "a🏽": 3,
		"–“…”": 4, "█░": 2,
	} {
		if got := cellsIn(s); got != want {
			t.Errorf("cellsIn(%q) = %d, want %d", s, got, want)
		}
	}
}

// What belongs together is one character, with all its bytes.
func TestMeasure(t *testing.T) {
	t.Parallel()
	for s, want := range map[string][]int{
		"": nil, "ab": {1, 2}, "e\u0301x": {3, 4}, "日\u0301": {5}, "👩\u200d👧x": {11, 12}, "👍🏽👍": {8, 12}, "❤\ufe0fa": {6, 7}, "🇩🇪🇫": {8, 12},
	} {
		var ends []int
		measure(s, func(end, _ int) bool {
			ends = append(ends, end)
			return true
		})
		if diff := cmp.Diff(want, ends); diff != "" {
			t.Errorf("measure(%q) ends at (-want +got):\n%s", s, diff)
		}
	}
}

func TestShorten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"ab cd", 4, "ab…"},
		{"abcd", 1, "…"},
		{"日本語", 6, "日本語"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"}, // half of a character is none
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
		{"🇩🇪🇫🇷🇮🇹", 4, "🇩🇪…"},
		{"👩\u200d👩\u200d👧xyz", 4, "👩\u200d👩\u200d👧x…"},
	} {
		if got := shorten(c.in, c.n); got != c.want {
			t.Errorf("shorten(%q, %d) = %q, want %q", c.in, c.n, got, c.want)
		}
	}
}

func TestBreakText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		n    int
		want []string
	}{
		{"", 5, []string{""}},
		{"one two three", 8, []string{"one two", "three"}},
		{"one two three", 7, []string{"one two", "three"}},
		{"a bcdefghij", 6, []string{"a bcde", "fghij"}}, // a space in the first half would waste the line
		{"日本語日本語", 5, []string{"日本", "語日", "本語"}},
		{"日本", 1, []string{"日", "本"}},
	} {
		if diff := cmp.Diff(c.want, breakText(c.in, c.n)); diff != "" {
			t.Errorf("breakText(%q, %d) (-want +got):\n%s", c.in, c.n, diff)
		}
	}
}

// Whatever stands in a text, shortening it goes through no character and gives what fits; breaking it loses
// nothing but blanks.
func TestWidthsTogether(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a ä日🙂❤🇩🇪👩🏽\x{301}\x{200d}\x{fe0f}]{0,30}`).Draw(t, "text")
		n := rapid.IntRange(2, 40).Draw(t, "cells")
		short := shorten(s, n)
		if got := cellsIn(short); got > n {
			t.Fatalf("shorten(%q, %d) = %q, of %d cells", s, n, short, got)
		}
		sum := 0
		measure(s, func(end, cells int) bool {
			sum += cells
			if !utf8.ValidString(s[:end]) || cellsIn(s[:end]) != sum {
				t.Fatalf("%q to %d is %d cells, want %d", s, end, cellsIn(s[:end]), sum)
			}
			return true
		})
		joined := ""
		for _, line := range breakText(s, n) {
			joined += line
			if cellsIn(line) > n {
				t.Fatalf("breakText(%q, %d): %q is too wide", s, n, line)
			}
		}
		if a, b := strings.ReplaceAll(s, " ", ""), strings.ReplaceAll(joined, " ", ""); a != b {
			t.Fatalf("breakText(%q, %d) = %q", s, n, joined)
		}
	})
}

// Names of any script stand in columns.
func TestTableAligns(t *testing.T) {
	t.Parallel()
	table := &Table{Columns: []Column{{Title: "NAME", Least: 6}, {Title: "N", Right: true}, {Title: "STATE"}}}
	for _, name := range []string{"Ada", "山田太郎", "Jose\u0301", "👩\u200d👩\u200d👧 fam", "a much longer name than there is room for", "長い名前長い名前長い名前"} {
		table.Add(name, "7", "active")
	}
	var out bytes.Buffer
	if err := table.Write(&Output{Out: &out, Err: &out, Terminal: true, Width: 24}); err != nil {
		t.Fatal(err)
	}
	want := "NAME           N  STATE\n" +
		"Ada            7  active\n" +
		"山田太郎       7  active\n" +
		"Jose\u0301           7  active\n" +
		"👩\u200d👩\u200d👧 fam         7  active\n" +
		"a much longe…  7  active\n" +
		"長い名前長い…  7  active\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
