package dbadmin

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"regexp"
)

// preambleSize is how far into a dump its preamble is looked for, in bytes; pg_dump's has 700.
const preambleSize = 8 << 10

var (
	preambleSetting = regexp.MustCompile(`^SET ([a-z_]+) = [^;]*;\r?\n$`)
	preambleOther   = regexp.MustCompile(`^(--.*|\\restrict .*|SELECT pg_catalog\.set_config\(.*)?\r?\n$`)
)

// knownSettings passes a dump on, in whose preamble the settings that the server does not know have become
// comments. pg_dump and pg_restore set what their own version has, whatever server they wrote for:
// from 17 on transaction_timeout, at which 15 and 16 would stop.
func (a *Admin) knownSettings(ctx context.Context, dump io.Reader) (io.Reader, error) {
	in := bufio.NewReaderSize(dump, 64<<10)
	start, _ := in.Peek(preambleSize) // what ends it early is read again below
	var lines [][]byte
	var asked []string
	for line := range bytes.Lines(start) {
		if m := preambleSetting.FindSubmatch(line); m != nil {
			asked = append(asked, string(m[1]))
		} else if !preambleOther.Match(line) {
			break
		}
		lines = append(lines, line)
	}
	known, err := a.settingsAmong(ctx, asked)
	if err != nil {
		return nil, err
	}
	var preamble bytes.Buffer
	for _, line := range lines {
		if m := preambleSetting.FindSubmatch(line); m != nil && !known[string(m[1])] {
			preamble.WriteString("-- ")
		}
		preamble.Write(line)
	}
	if _, err := in.Discard(len(bytes.Join(lines, nil))); err != nil {
		return nil, err
	}
	return io.MultiReader(&preamble, in), nil
}

// settingsAmong are those of the names that are settings of the server.
func (a *Admin) settingsAmong(ctx context.Context, asked []string) (map[string]bool, error) {
	conn, err := a.Connect(ctx)
	if err != nil {
		return nil, err
	}
	defer closing(ctx, conn)
	list, err := names(ctx, conn, "select lower(name) from pg_settings where lower(name) = any ($1)", asked)
	known := map[string]bool{}
	for _, name := range list {
		known[name] = true
	}
	return known, err
}
