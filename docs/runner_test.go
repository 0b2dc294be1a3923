package docs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const sample = "Text.\n\n" +
	"<!-- before:\nfirst=shown-not\n-->\n" +
	"```console\n" +
	"$ echo $first; \\\n> echo 12 ms\nshown-not\n7.5 ms\n\n" +
	"$ printf 'a\\nb\\nc\\n' && false\na\n…\n[exit code 1]\n\n" +
	"$ pwd\n~/cruddur\n" +
	"```\n\n" +
	"```sh\ntrue   # a comment\ncd bin && \\\n    ls\n```\n\n" +
	"<!-- typed: yes -->\n```console\n$ printf 'sure? name: '; read -r a; echo \"[$a]\"\nsure? name: yes\n[yes]\n```\n" +
	"<!-- not run: needs an account -->\n```sh\nexit 1\n```\n" +
	"```json\n{}\n```\n"

// A page that holds is taken, and every way in which it may not hold is noticed.
func TestRunner(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, old, with, want string }{
		{name: "as it is"},
		{"another output", "shown-not\n7.5", "shown-yes\n7.5", "the page says"},
		{"a line too few", "12 ms\nshown-not\n", "12 ms\n", "the page says"},
		{"a line too many", "[yes]\n", "[yes]\nmore\n", "the page says"},
		{"another exit code", "[exit code 1]", "[exit code 2]", "the page says"},
		{"no exit code", "\n[exit code 1]", "", "the page says"},
		{"a command that fails", "true  ", "false ", "exit code 1"},
		{"a command that is not there", "cd bin && \\\n    ls", "cd bin && \\\n    no-such-program", "exit code 127"},
		{"the shell ends", "true  ", "exit 0", "the shell has ended"},
		{"before fails", "first=shown-not", "false", "before the block"},
		{"nothing typed", "<!-- typed: yes -->", "<!-- typed: no -->", "the page says"},
		{"no reason", "needs an account ", "", `"not run" without a text`},
		{"not a reason of this block", "account -->\n", "account -->\n\n", "stands above no block"},
		{"reason removed", "<!-- not run: needs an account -->\n", "", "the shell has ended"},
		{"no language", "```json", "```", "a block of \"\""},
		{"another language", "```json", "```bash", "a block of \"bash\""},
		{"output of no command", "$ pwd\n", "", "the page says"},
		{"no command", "true   # a comment\ncd bin && \\\n    ls\n", "# nothing\n", "no command in the block"},
		{"no end", "{}\n```\n", "{}\n", "the block has no end"},
		{"unknown need", "Text.", "<!-- runs with: postgres -->", `runs with "postgres"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			text := strings.Replace(sample, c.old, c.with, 1)
			if c.old != "" && text == sample {
				t.Fatalf("the sample does not hold %q", c.old)
			}
			p, complaints := parse("sample.md", text)
			if len(complaints) == 0 {
				complaints = p.run(t, false)
			}
			got := strings.Join(complaints, "\n")
			if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
				t.Errorf("complaints = %q, want %q", got, c.want)
			}
		})
	}
}

func TestSame(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		page, printed string
		want          bool
	}{
		{"applied 00001_a.sql (88ms)", "applied 00001_a.sql (1.2s)", true},
		{"applied 00001_a.sql (88ms)", "applied 00002_a.sql (88ms)", false},
		{"dumped (15.2 MB)", "dumped (304 kB)", true},
		{"users: 12 inserted", "users: 13 inserted", false},
		{"15985  app  ended", "  77  app ended", false},
		{"15985  app  ended", " 777  app ended", true},
		{"      1  users  applied  2026-11-24 07:14:34   88", "1 users applied 2027-01-01 00:00:00 7", true},
		{"PostgreSQL 15.18 on", "PostgreSQL 18 on", true},
		{"a…z", "abcz", true},
		{"a…z", "abc", false},
		{"sg-6a9ba71df777362f8 made", "sg-0123456789abcdef0 made", true},
		{"until 2026-11-27 05:19 UTC", "until 2026-11-28 01:00 UTC", true},
	} {
		if got := same([]string{c.page}, []string{c.printed}); got != c.want {
			t.Errorf("same(%q, %q) = %v", c.page, c.printed, got)
		}
	}
	lines := func(s string) []string { return strings.Split(s, "|") }
	if !same(lines("a|…|c"), lines("a|b|b|c")) || !same(lines("a|…"), lines("a")) || same(lines("a|…|c"), lines("a|b")) || same(nil, lines("a")) || same(lines("a"), nil) {
		t.Error("… does not stand for any lines")
	}
}

// What was written over is not on the screen.
func TestScreen(t *testing.T) {
	t.Parallel()
	got := screen([]byte("10 %\r\x1b[K20 %\r\x1b[2K\rdone\r\nthe \x1b[1mend\x1b[0m"))
	if diff := cmp.Diff([]string{"done", "the end"}, got); diff != "" {
		t.Errorf("screen (-want +got):\n%s", diff)
	}
}
