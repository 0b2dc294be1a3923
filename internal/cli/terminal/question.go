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

// ErrNobody is what ask returns where nobody can read the question or answer it.
var ErrNobody = errors.New("stdin is not a terminal")

// Ask puts a question on out and returns the line that comes from in, without its end. Where one of the two is a
// file or a pipe it returns errNobody and asks nothing. It returns the error of ctx after Ctrl-C, and io.EOF where
// the input ends without a word. After both, the cursor is at the begin of a line.
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

// redirected reports whether a stream leads elsewhere than to a terminal. What is no file at all is another
// program's or a test's, which knows what it does.
func redirected(stream any) bool {
	_, isFile := stream.(*os.File)
	return isFile && !Is(stream)
}
