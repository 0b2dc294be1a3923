package postgres

import (
	"context"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/jackc/pgx/v5"

	"cruddur"
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

// Trace prints every statement of a connection to out.
func Trace(cc *pgx.ConnConfig, out io.Writer, color bool) {
	cc.Tracer = &tracer{out: out, color: color}
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
		head += "  " + shownError(statementOf(name), q.args, d.Err)
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

// secret reports whether the value of an argument must not be printed. If the statement is not from a file
// under sql/ the names are unknown, so every text counts as a secret.
func secret(s *statement, i int) bool {
	return s == nil || i >= len(s.args) ||
		slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(s.args[i], w) })
}

// shown formats an argument with its name.
func shown(s *statement, i int, a any) string {
	name := ""
	if s != nil && i < len(s.args) {
		name = s.args[i] + " "
	}
	a = deref(a)
	if a == nil {
		return name + "null"
	}
	switch v := a.(type) {
	case bool, int, int16, int32, int64, float64:
		return name + fmt.Sprint(v)
	case time.Duration:
		return name + v.String()
	case time.Time:
		return name + v.UTC().Format(time.RFC3339Nano)
	case [16]byte:
		return name + cruddur.UUID(v).String()
	case []byte:
		return name + fmt.Sprintf("%d bytes (redacted)", len(v))
	case string:
		if !secret(s, i) {
			return name + fmt.Sprintf("%q", v)
		}
	default:
		if !secret(s, i) {
			return name + fmt.Sprint(v)
		}
	}
	return name + "(redacted)"
}

// deref follows a pointer; values that may be null are passed as pointers.
func deref(a any) any {
	v := reflect.ValueOf(a)
	if v.Kind() != reflect.Pointer {
		return a
	}
	if v.IsNil() {
		return nil
	}
	return v.Elem().Interface()
}

// shownError returns an error's text without the secret arguments that it may quote.
func shownError(s *statement, args []any, err error) string {
	text := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' ' // the server quotes its input, including escape sequences
		}
		return r
	}, err.Error())
	for i, a := range args {
		if !secret(s, i) {
			continue
		}
		switch v := deref(a).(type) {
		case string:
			if v != "" {
				text = strings.ReplaceAll(text, v, "(redacted)")
			}
		case []byte:
			if len(v) > 0 {
				text = strings.ReplaceAll(text, string(v), "(redacted)")
			}
		}
	}
	return text
}

func (t *tracer) paint(code, s string) string {
	if !t.color {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}
