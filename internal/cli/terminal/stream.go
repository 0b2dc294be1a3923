package terminal

import (
	"bufio"
	"encoding/json"
	"io"
	"strings"
)

// Stream prints a list of unknown length item by item: as a table, or as one JSON document with
// schema_version and the list under a key.
type Stream struct {
	o     *Output
	key   string
	table *Table
	w     *bufio.Writer
	begun bool
	items int
	err   error
}

// Stream begins a list; key is its name in the JSON document.
func (o *Output) Stream(key string, t *Table) *Stream {
	return &Stream{o: o, key: key, table: t, w: bufio.NewWriter(o.Out)}
}

// Add prints one item: its document, or its row.
func (s *Stream) Add(document map[string]any, cells ...string) {
	if !s.o.JSON {
		s.table.Add(cells...)
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

func (s *Stream) open() {
	if !s.begun {
		s.begun = true
		s.write("{\n  \"schema_version\": 1,\n  \"" + s.key + "\": [")
	}
}

func (s *Stream) write(text string) {
	if _, err := io.WriteString(s.w, text); err != nil && s.err == nil {
		s.err = err
	}
}

// Flush prints the rows so far. The column widths of the first rows hold for all.
func (s *Stream) Flush() error {
	if !s.o.JSON && len(s.table.Rows) > 0 {
		s.begun = true
		s.err = s.table.Write(s.o)
		s.table.Rows, s.table.continued = nil, true
	}
	if err := s.w.Flush(); s.err == nil {
		s.err = err
	}
	return s.err
}

// End closes the document; for an empty list it prints an empty document or table.
func (s *Stream) End() error {
	switch {
	case s.o.JSON:
		s.open()
		if s.items > 0 {
			s.write("\n  ")
		}
		s.write("]\n}\n")
	case !s.begun:
		return s.table.Write(s.o)
	}
	return s.Flush()
}
