package postgres

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// tracer prints every statement with its file, arguments, rows and milliseconds.
type tracer struct {
	mu    sync.Mutex
	out   io.Writer
	color bool
}

type traceKey struct{}

type traced struct {
	begun time.Time
	sql   string
	args  []any
}

// TraceQueryStart implements pgx.QueryTracer.
func (t *tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	return context.WithValue(ctx, traceKey{}, &traced{time.Now(), d.SQL, d.Args})
}

// TraceQueryEnd implements pgx.QueryTracer.
func (t *tracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryEndData) {
	q, ok := ctx.Value(traceKey{}).(*traced)
	if !ok {
		return
	}
	name, text := "", q.sql
	if rest, ok := strings.CutPrefix(text, "/* "); ok {
		if n, after, ok := strings.Cut(rest, " */"); ok {
			name, text = "sql/"+n+".sql", strings.TrimSpace(after)
		}
	}
	head := fmt.Sprintf("%s  %.2f ms  %d rows", name, float64(time.Since(q.begun).Microseconds())/1000, d.CommandTag.RowsAffected())
	if d.Err != nil {
		head += "  " + d.Err.Error()
	}
	var b strings.Builder
	b.WriteString(t.paint("36;1", head))
	b.WriteString("\n")
	b.WriteString(text)
	for i, a := range q.args {
		b.WriteString("\n")
		b.WriteString(t.paint("2", fmt.Sprintf("  $%d = %s", i+1, shown(statementOf(name), i, a))))
	}
	b.WriteString("\n")
	t.mu.Lock()
	defer t.mu.Unlock()
	io.WriteString(t.out, b.String())
}

func statementOf(file string) *statement {
	return statements[strings.TrimSuffix(strings.TrimPrefix(file, "sql/"), ".sql")]
}

// secretWords are parts of argument names whose values are never printed.
var secretWords = []string{"password", "token", "secret", "code", "hash", "key", "email"}

// shown prints an argument; one whose name speaks of a secret is only its length. Without a
// statement of ours the names are unknown, so bytes and long texts are redacted.
func shown(s *statement, i int, a any) string {
	if s != nil && i < len(s.args) {
		for _, w := range secretWords {
			if strings.Contains(s.args[i], w) {
				return s.args[i] + " (redacted)"
			}
		}
	}
	switch v := a.(type) {
	case nil:
		return "null"
	case []byte:
		return fmt.Sprintf("%d bytes (redacted)", len(v))
	case [16]byte:
		return fmt.Sprintf("%x-%x-%x-%x-%x", v[:4], v[4:6], v[6:8], v[8:10], v[10:])
	case string:
		return fmt.Sprintf("%q", v)
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	default:
		return fmt.Sprint(v)
	}
}

func (t *tracer) paint(code, s string) string {
	if !t.color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
