package postgres

import (
	"strings"
	"testing"
	"testing/fstest"
)

// An editor's byte order mark is no part of a migration: with and without it the file is the same. One that
// was recorded with the mark is not edited either.
func TestMigrationWithMark(t *testing.T) {
	t.Parallel()
	const text = "-- +goose Up\nselect 1;\n"
	const mark = "\ufeff"
	read := func(text string) []migrationFile {
		files, err := readMigrations(fstest.MapFS{"00001_a.sql": &fstest.MapFile{Data: []byte(text)}})
		if err != nil {
			t.Fatal(err)
		}
		return files
	}
	plain, marked := read(text), read(mark+text)
	if plain[0].checksum != checksum(text) || marked[0].checksum != plain[0].checksum || marked[0].text != text {
		t.Errorf("with a mark: checksum %s, text %q; without: %s", marked[0].checksum, marked[0].text, plain[0].checksum)
	}
	for _, recorded := range []string{checksum(text), checksum(mark + text), "other"} {
		got := compare(marked, map[int64]Migration{1: {Version: 1, Checksum: recorded}})[0].State
		want := MigrationApplied
		if recorded == "other" {
			want = MigrationEdited
		}
		if got != want {
			t.Errorf("recorded as %.8s: %s, want %s", recorded, got, want)
		}
	}
	for _, text := range []string{"\xff\xfe-\x00-\x00", "\xfe\xff\x00-\x00-"} {
		_, err := readMigrations(fstest.MapFS{"00001_a.sql": &fstest.MapFile{Data: []byte(text)}})
		if err == nil || !strings.Contains(err.Error(), "it is in UTF-16") {
			t.Errorf("%q: %v, want a word about UTF-16", text, err)
		}
	}
}
