package export

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"time"
)

// patience is how long a client may take to read some more of an export.
const patience = time.Minute

// Answer writes an export to a client, who may be slow but must go on reading. If it fails halfway, the connection
// breaks off: a part must not look like a whole. failed is told why.
func Answer(w http.ResponseWriter, r *http.Request, name, kind string, write func(context.Context, io.Writer) error, failed func(error)) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
	out := bufio.NewWriterSize(&patient{w, http.NewResponseController(w)}, 64<<10)
	err := write(r.Context(), out)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		failed(err)
		panic(http.ErrAbortHandler)
	}
}

// patient moves the deadline of an answer on with each part that is written.
type patient struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (p *patient) Write(b []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(patience)) // not every writer has one
	return p.ResponseWriter.Write(b)
}
