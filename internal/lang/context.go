package lang

import (
	"context"
	"sync"
)

var program = sync.OnceValues(func() (*Set, error) { return Load(Files()) })

// Program returns the languages of this program, which are read once.
func Program() (*Set, error) { return program() }

type key struct{}

// With returns a context in whose language somebody is to be written to.
func With(ctx context.Context, l *Language) context.Context { return context.WithValue(ctx, key{}, l) }

// From returns the language of a context, or English.
func From(ctx context.Context) *Language {
	if l, ok := ctx.Value(key{}).(*Language); ok {
		return l
	}
	set, err := program()
	if err != nil {
		panic(err) // a test loads the same files
	}
	return set.English()
}
