package sqlscript

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// one is what the reader has seen: a statement, and the rows behind it.
type one struct {
	Piece
	Rows string
}

func readAll(t *testing.T, in io.Reader, backslash bool) ([]one, error) {
	t.Helper()
	r := NewReader(in)
	r.Backslash = backslash
	return drain(r)
}

func drain(r *Reader) ([]one, error) {
	var list []one
	for {
		piece, err := r.Next()
		if err != nil {
			return list, err
		}
		got := one{Piece: piece}
		if piece.Copy {
			b, err := io.ReadAll(r.Rows())
			if err != nil {
				return list, err
			}
			got.Rows = string(b)
		}
		list = append(list, got)
	}
}

// A dump is read the same way whatever pieces it comes in.
func TestReader(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200<<10)
	tests := map[string]struct {
		text      string
		backslash bool
		want      []one
	}{
		"statements": {text: "-- a;\nselect 1;\n\nselect ';';select $$;\n$$ -- ;\n;", want: []one{
			{Piece{Text: "select 1", Line: 2}, ""}, {Piece{Text: "select ';'", Line: 4}, ""}, {Piece{Text: "select $$;\n$$ -- ;", Line: 4}, ""},
		}},
		"last without semicolon": {text: "select 1;\nselect 2\n", want: []one{{Piece{Text: "select 1", Line: 1}, ""}, {Piece{Text: "select 2", Line: 2}, ""}}},
		"byte order mark":        {text: "\ufeffselect 1;", want: []one{{Piece{Text: "select 1", Line: 1}, ""}}},
		"commands of psql": {text: "\\restrict k\n\nselect 1;\n\\! ls\nselect 2 \\gset\n", want: []one{
			{Piece{Text: `\restrict k`, Line: 1, Meta: true}, ""},
			{Piece{Text: "select 1", Line: 3}, ""},
			{Piece{Text: `\! ls`, Line: 4, Meta: true}, ""},
			{Piece{Text: `\gset`, Line: 5, Meta: true}, ""},
		}},
		"rows": {text: "copy t (a) from stdin;\na\n;\n\\.x\n\\.\nselect 1;\nCOPY u FROM stdin;\n\\.\nselect 2;", want: []one{
			{Piece{Text: "copy t (a) from stdin", Line: 1, Copy: true}, "a\n;\n\\.x\n"},
			{Piece{Text: "select 1", Line: 6}, ""},
			{Piece{Text: "COPY u FROM stdin", Line: 7, Copy: true}, ""},
			{Piece{Text: "select 2", Line: 9}, ""},
		}},
		"rows of Windows": {text: "copy t from stdin;\r\na\r\n\\.\r\nselect 1;\r\n", want: []one{
			{Piece{Text: "copy t from stdin", Line: 1, Copy: true}, "a\r\n"}, {Piece{Text: "select 1", Line: 4}, ""},
		}},
		"rows to the end of the file": {text: "copy t from stdin;\na\n\\.", want: []one{{Piece{Text: "copy t from stdin", Line: 1, Copy: true}, "a\n"}}},
		"long": {text: "select '" + long + "';\ncopy t from stdin;\n" + long + "\n" + long + "\\.\n\\.\nselect 2;", want: []one{
			{Piece{Text: "select '" + long + "'", Line: 1}, ""}, {Piece{Text: "copy t from stdin", Line: 2, Copy: true}, long + "\n" + long + "\\.\n"}, {Piece{Text: "select 2", Line: 6}, ""},
		}},
		"backslash escapes":        {text: `select '\'; '; select 2;`, backslash: true, want: []one{{Piece{Text: `select '\'; '`, Line: 1}, ""}, {Piece{Text: "select 2", Line: 1}, ""}}},
		"backslash escapes nobody": {text: `select '\'; select 2;`, want: []one{{Piece{Text: `select '\'`, Line: 1}, ""}, {Piece{Text: "select 2", Line: 1}, ""}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			readers := map[string]io.Reader{"whole": strings.NewReader(test.text), "half": iotest.HalfReader(strings.NewReader(test.text)), "with EOF": iotest.DataErrReader(strings.NewReader(test.text))}
			if len(test.text) < 1000 {
				readers["byte by byte"] = iotest.OneByteReader(strings.NewReader(test.text))
			}
			for how, in := range readers {
				got, err := readAll(t, in, test.backslash)
				if diff := cmp.Diff(test.want, got); diff != "" || err != io.EOF {
					t.Errorf("%s: %v (-want +got):\n%.2000s", how, err, diff)
				}
			}
		})
	}
}

// Wherever a read ends, the statements are the same.
func TestReaderCut(t *testing.T) {
	t.Parallel()
	const text = "\\restrict k\nselect 'it''s;', E'\\';', $a$;$a$ /* ; /* */ ; */;\ncopy t from stdin;\na\tb\n\\.\nselect 2 --;\n;\n"
	want, _ := readAll(t, strings.NewReader(text), false)
	if len(want) != 4 {
		t.Fatalf("%d pieces, want 4: %v", len(want), want)
	}
	for size := 1; size < len(text); size++ {
		r := NewReader(strings.NewReader(text))
		r.size = size
		got, err := drain(r)
		if diff := cmp.Diff(want, got); diff != "" || err != io.EOF {
			t.Errorf("%d bytes at once: %v (-want +got):\n%s", size, err, diff)
		}
	}
}

func TestReaderErrors(t *testing.T) {
	t.Parallel()
	if _, err := readAll(t, strings.NewReader("copy t from stdin;\na\n"), false); err != io.ErrUnexpectedEOF {
		t.Errorf("rows without end: %v, want %v", err, io.ErrUnexpectedEOF)
	}
	broken := errors.New("broken")
	got, err := readAll(t, io.MultiReader(strings.NewReader("select 1; select 2"), iotest.ErrReader(broken)), false)
	if len(got) != 1 || err != broken {
		t.Errorf("after a broken read: %v, %v, want one statement and the error", got, err)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"select ';'; commit":          {"select"},
		"Commit":                      {"commit"},
		"commit/* x */ -- y":          {"commit"},
		"/*a*/end--":                  {"end"},
		"ROLLBACK\nto/**/savepoint a": {"rollback", "to", "savepoint", "a"},
		"":                            nil,
	} {
		if diff := cmp.Diff(want, Words(text)); diff != "" {
			t.Errorf("Words(%q) (-want +got):\n%s", text, diff)
		}
	}
}
