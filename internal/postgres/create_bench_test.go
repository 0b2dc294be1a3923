package postgres_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"cruddur"
	"cruddur/internal/pgtest"
)

// BenchmarkCreate is 32 members who post at the same time; its batches are one statement each.
func BenchmarkCreate(b *testing.B) {
	db := pgtest.New(b)
	ana := member(b, db, "ana")
	var n atomic.Int64
	b.SetParallelism(16)
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			message := fmt.Sprint("crud ", n.Add(1))
			if _, err := db.CreateActivity(b.Context(), ana.UUID, message, cruddur.TTL("1-day"), now); err != nil {
				b.Error(err)
			}
		}
	})
}
