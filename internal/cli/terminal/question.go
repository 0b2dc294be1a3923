package terminal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// ErrNobody is returned by Ask if there is no terminal to show the question or to answer it.
var ErrNobody = errors.New("stdin is not a terminal")

// Ask prints a question on out and returns the line read from in, without its line end. If one of the two is
// a file or a pipe, it returns ErrNobody and asks nothing. It returns ctx's error after Ctrl-C, and io.EOF if
// the input ends before any text. After both, the cursor is at the beginning of a line.
func Ask(ctx context.Context, in io.Reader, out io.Writer, question string) (string, error) {
	if redirected(in) || redirected(out) {
		return "", ErrNobody
	}
	fmt.Fprint(out, question)
	type answer struct {
		line string
		err  error
	}
	read := make(chan answer, 1)
	go func() {
		line, err := bufio.NewReader(in).ReadString('\n')
		read <- answer{strings.TrimRight(line, "\r\n"), err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(out)
		return "", ctx.Err()
	case a := <-read:
		if a.err != nil {
			fmt.Fprintln(out)
		}
		if errors.Is(a.err, io.EOF) && a.line != "" {
			return a.line, nil
		}
		return a.line, a.err
	}
}

// redirected reports whether a stream is a file or a pipe instead of a terminal. A stream that is not an
// *os.File comes from another program or a test, and counts as a terminal.
func redirected(stream any) bool {
	_, isFile := stream.(*os.File)
	return isFile && !Is(stream)
}
