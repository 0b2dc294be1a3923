package sqlscript

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		text string
		want []string
	}{
		"empty":               {"", nil},
		"comments only":       {"-- a;\n/* b; /* c; */ */", nil},
		"two":                 {"select 1; select 2", []string{"select 1", "select 2"}},
		"quote":               {"select ';', 'it''s;'; select 2", []string{"select ';', 'it''s;'", "select 2"}},
		"escape":              {`select E'\';'; select 2`, []string{`select E'\';'`, "select 2"}},
		"backslash in quote":  {`select '\'; select 2`, []string{`select '\'`, "select 2"}},
		"identifier":          {`select 1 as "a;b"; select 2`, []string{`select 1 as "a;b"`, "select 2"}},
		"dollar":              {"do $x$ begin; $$ ; end $x$; select 2", []string{"do $x$ begin; $$ ; end $x$", "select 2"}},
		"parameter":           {"select $1; select $2", []string{"select $1", "select $2"}},
		"dollar in a word":    {"select a$b$c; select 2", []string{"select a$b$c", "select 2"}},
		"rule in parentheses": {"create rule r as on insert to t do (select 1; select 2); select 3", []string{"create rule r as on insert to t do (select 1; select 2)", "select 3"}},
		"begin atomic": {
			"create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3",
			[]string{"create function f() returns int begin atomic select case when true then 1 end; select 2; end", "select 3"},
		},
		"begin of a transaction": {"begin; select 1; commit", []string{"begin", "select 1", "commit"}},
		"comment at the end":     {"select 1 -- ; no\n; select 2", []string{"select 1 -- ; no", "select 2"}},
		"other letters":          {"select 'ä;', é; select 2", []string{"select 'ä;', é", "select 2"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			statements, err := Split(test.text)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range statements {
				if !strings.HasPrefix(test.text[s.Offset:], s.Text) {
					t.Errorf("offset %d of %q is wrong", s.Offset, s.Text)
				}
				got = append(got, s.Text)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("Split() (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSplitRefusesPsql(t *testing.T) {
	t.Parallel()
	for text, line := range map[string]int{
		"select 1;\n\\connect other\n":                2,
		"-- x\n\ncopy users from stdin;\n1\tada\n\\.": 3,
		"\\i file": 1,
	} {
		_, err := Split(text)
		if meta, ok := errors.AsType[*MetaError](err); !ok || meta.Line != line {
			t.Errorf("Split(%q) = %v, want a MetaError at line %d", text, err, line)
		}
	}
}

func TestLocate(t *testing.T) {
	t.Parallel()
	text := "select 1;\n\tselect ä, nope;\n"
	place := Locate(text, strings.Index(text, "nope"))
	if diff := cmp.Diff(Place{2, 12, "\tselect ä, nope;"}, place); diff != "" {
		t.Errorf("Locate() (-want +got):\n%s", diff)
	}
	if got, want := place.Caret(), "  \tselect ä, nope;\n  \t          ^"; got != want {
		t.Errorf("Caret() = %q, want %q", got, want)
	}
	if got := ByteOffset("ä, nope", 4); got != 4 {
		t.Errorf("ByteOffset() = %d, want 4", got)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("select 1; select $$;$$; /* ; */ -- ;\n select E'\\''")
	f.Fuzz(func(t *testing.T, text string) {
		statements, err := Split(text)
		if err != nil {
			return
		}
		end := 0
		for _, s := range statements {
			if s.Offset < end || !strings.HasPrefix(text[s.Offset:], s.Text) {
				t.Fatalf("%q: statement %q at %d after %d", text, s.Text, s.Offset, end)
			}
			end = s.Offset + len(s.Text)
		}
	})
}
