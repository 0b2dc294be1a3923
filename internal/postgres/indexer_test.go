package postgres_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/pgtest"
)

func TestIndexer(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ana := member(t, db, "ana")
	for i := range 25 {
		mustExec(t, db, `insert into activities (uuid, user_uuid, message, created_at, expires_at)
			values (uuid_v7($1), $2, $3, $1, $1 + interval '7 days')`,
			now.Add(time.Duration(i)*time.Second), [16]byte(ana.UUID), fmt.Sprintf("word%d #Tag #été", i))
	}
	crud(t, db, ana, "indexed already", "", now)
	mustExec(t, db, "update users set display_name = 'Grete Hopper'")
	if got := found(t, db, "word1", now.Add(time.Hour)); len(got) != 0 {
		t.Fatalf("found before: %q", got)
	}
	x := db.Indexer()
	var steps []int
	for {
		n, err := x.Index(t.Context(), now, 10)
		if err != nil {
			t.Fatal(err)
		}
		if steps = append(steps, n); n < 10 {
			break
		}
	}
	if want := []int{10, 10, 5}; !slices.Equal(steps, want) {
		t.Errorf("indexed %v, want %v", steps, want)
	}
	if got := found(t, db, `"word7"`, now.Add(time.Hour)); len(got) != 1 {
		t.Errorf("found %q", got)
	}
	if got := tagged(t, db, "été", now.Add(time.Hour)); len(got) != 20 {
		t.Errorf("%d with the tag", len(got))
	}
	s, _ := cruddur.ParseSearch("hopper")
	if list, err := db.SearchMembers(t.Context(), s); err != nil || len(list) != 1 {
		t.Errorf("members: %v, %v", list, err)
	}
	if n, err := db.Indexer().Index(t.Context(), now, 10); n != 0 || err != nil {
		t.Errorf("once more: %d, %v", n, err)
	}
}
