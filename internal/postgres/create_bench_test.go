package postgres_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"cruddur"
	"cruddur/internal/pgtest"
)

// BenchmarkCreate is 32 requests that post at the same time; a batch of them is one statement. With keys it is
// what the pages do.
func BenchmarkCreate(b *testing.B) {
	b.Run("plain", func(b *testing.B) { create(b, func(int64) string { return "" }) })
	b.Run("keys", func(b *testing.B) { create(b, func(n int64) string { return fmt.Sprint("key-", n) }) })
}

func create(b *testing.B, key func(n int64) string) {
	db := pgtest.New(b)
	ana := member(b, db, "ana")
	var n atomic.Int64
	b.SetParallelism(16)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			i := n.Add(1)
			if _, err := db.CreateActivityOnce(b.Context(), ana.UUID, key(i), fmt.Sprint("crud ", i), cruddur.TTL("1-day"), now); err != nil {
				b.Error(err)
			}
		}
	})
}
