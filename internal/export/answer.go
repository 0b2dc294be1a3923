package export

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// patience is how long a client may take to read some more of an export.
const patience = time.Minute

// Answer writes an export to a client, who may be slow but must go on reading. If it fails halfway, the connection
// breaks off: a part must not look like a whole. The operator's log says why, and which pictures are not in it.
func (e *Export) Answer(w http.ResponseWriter, r *http.Request, name, kind string, write func(*Export, context.Context, io.Writer) error, log *slog.Logger) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
	out := bufio.NewWriterSize(&patient{w, http.NewResponseController(w)}, 64<<10)
	err := write(e, r.Context(), out)
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		log.WarnContext(r.Context(), "an export broke off", "error", err)
		panic(http.ErrAbortHandler)
	}
	if n, err := e.Unread(); n > 0 {
		log.WarnContext(r.Context(), "an export lacks pictures that could not be read", "pictures", n, "error", err)
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
