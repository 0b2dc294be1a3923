package terminal

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAsk(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		in     io.Reader
		answer string
		err    error
		shown  string // behind the question
	}{
		"a line":                {strings.NewReader("yes\nno\n"), "yes", nil, ""},
		"a line of Windows":     {strings.NewReader("yes\r\n"), "yes", nil, ""},
		"blanks stay":           {strings.NewReader(" yes \n"), " yes ", nil, ""},
		"nothing typed":         {strings.NewReader("\n"), "", nil, ""},
		"the end":               {strings.NewReader(""), "", io.EOF, "\n"},
		"the end within a line": {strings.NewReader("yes"), "yes", nil, "\n"},
		"an error":              {io.MultiReader(strings.NewReader("ye"), failing{broken}), "ye", broken, "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			answer, err := Ask(t.Context(), c.in, &out, "sure? ")
			if answer != c.answer || !errors.Is(err, c.err) || out.String() != "sure? "+c.shown {
				t.Errorf("Ask() = %q, %v and shows %q, want %q, %v and %q", answer, err, out.String(), c.answer, c.err, "sure? "+c.shown)
			}
		})
	}
}

// failing is an input that cannot be read.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// Where a file or a pipe is in the place of the person, nothing is asked, on either side.
func TestAskNobody(t *testing.T) {
	t.Parallel()
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var out bytes.Buffer
	if answer, err := Ask(t.Context(), file, &out, "sure? "); answer != "" || !errors.Is(err, ErrNobody) || out.String() != "" {
		t.Errorf("Ask() from a file = %q, %v and shows %q", answer, err, out.String())
	}
	if answer, err := Ask(t.Context(), strings.NewReader("yes\n"), file, "sure? "); answer != "" || !errors.Is(err, ErrNobody) {
		t.Errorf("Ask() on a file = %q, %v", answer, err)
	}
	if info, err := file.Stat(); err != nil || info.Size() != 0 {
		t.Errorf("the file holds %d bytes, %v, want none", info.Size(), err)
	}
}

// Ctrl-C ends a question that is not answered.
func TestAskInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	in, typing := io.Pipe()
	defer typing.Close()
	asked := make(chan struct{})
	out := notify{asked: asked, b: new(bytes.Buffer)}
	go func() {
		<-asked
		cancel()
	}()
	if answer, err := Ask(ctx, in, &out, "sure? "); answer != "" || !errors.Is(err, context.Canceled) || out.b.String() != "sure? \n" {
		t.Errorf("Ask() = %q, %v and shows %q", answer, err, out.b)
	}
}

// notify says when the first byte has been written.
type notify struct {
	asked chan struct{}
	b     *bytes.Buffer
}

func (n *notify) Write(p []byte) (int, error) {
	if n.b.Len() == 0 {
		close(n.asked)
	}
	return n.b.Write(p)
}

func TestInterruptible(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	in, typing := io.Pipe()
	defer typing.Close()
	r := Interruptible(ctx, in)
	go typing.Write([]byte("first"))
	b := make([]byte, 16)
	if n, err := r.Read(b); string(b[:n]) != "first" || err != nil {
		t.Errorf("Read() = %q, %v", b[:n], err)
	}
	cancel()
	if n, err := r.Read(b); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("Read() after Ctrl-C = %d, %v", n, err)
	}
}
