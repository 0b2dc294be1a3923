package cli

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"
)

// stream prints a list of unknown length as it comes: as table, or as one JSON document with schema_version
// and the list under a key.
type stream struct {
	o     *output
	key   string
	table *table
	w     *bufio.Writer
	begun bool
	items int
	err   error
}

func (o *output) stream(key string, t *table) *stream {
	return &stream{o: o, key: key, table: t, w: bufio.NewWriter(o.out)}
}

// add is one item: its document, and its row.
func (s *stream) add(document map[string]any, cells ...string) {
	if !s.o.json {
		s.table.add(cells...)
		return
	}
	s.open()
	if s.items++; s.items > 1 {
		s.write(",")
	}
	s.write("\n    ")
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("    ", "  ")
	if err := e.Encode(document); err != nil && s.err == nil {
		s.err = err
	}
	s.write(strings.TrimSuffix(b.String(), "\n"))
}

func (s *stream) open() {
	if !s.begun {
		s.begun = true
		s.write("{\n  \"schema_version\": 1,\n  \"" + s.key + "\": [")
	}
}

func (s *stream) write(text string) {
	if _, err := io.WriteString(s.w, text); err != nil && s.err == nil {
		s.err = err
	}
}

// flush prints what has come. The columns of the first rows are those of all.
func (s *stream) flush() error {
	if !s.o.json && len(s.table.rows) > 0 {
		s.begun = true
		s.err = s.table.write(s.o)
		s.table.rows, s.table.continued = nil, true
	}
	if err := s.w.Flush(); s.err == nil {
		s.err = err
	}
	return s.err
}

// end closes the document; of an empty list it prints what an empty one is.
func (s *stream) end() error {
	switch {
	case s.o.json:
		s.open()
		if s.items > 0 {
			s.write("\n  ")
		}
		s.write("]\n}\n")
	case !s.begun:
		return s.table.write(s.o)
	}
	return s.flush()
}
