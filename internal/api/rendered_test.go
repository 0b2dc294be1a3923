package api

import (
	"testing"
	"time"

	"cruddur"
)

// The bytes belong to one list: another list, or a shorter cut of the same list, is rendered again.
func TestRendered(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	list := make([]cruddur.Activity, 20)
	for i := range list {
		list[i] = cruddur.Activity{UUID: cruddur.UUID{byte(i + 1)}, Message: "x", CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
	}
	var p renderedPages
	check := func(name string, list []cruddur.Activity) *rendered {
		t.Helper()
		r := p.of(list)
		if want := string(appendActivities(nil, list)); string(r.body.Bytes()) != want || r.tag != etag(r.body.Bytes()) {
			t.Errorf("%s: %d bytes with the tag %s, want %d", name, len(r.body.Bytes()), r.tag, len(want))
		}
		return r
	}
	first := check("the list", list)
	if again := check("the list again", list); again != first {
		t.Error("the same list was rendered twice")
	}
	check("a cut of it", list[:19])
	check("its tail", list[1:])
	copied := append([]cruddur.Activity{}, list...)
	copied[3].Message = "y"
	check("another list of the same length", copied)
}

// Pages of all sizes are cached at the same time.
func TestRenderedKeepsEverySize(t *testing.T) {
	t.Parallel()
	list := make([]cruddur.Activity, cruddur.MaxPageSize)
	for i := range list {
		list[i] = cruddur.Activity{UUID: cruddur.UUID{byte(i + 1)}, Message: "x"}
	}
	var p renderedPages
	first := map[int]*rendered{}
	for _, n := range cruddur.PageSizes {
		first[n] = p.of(list[:n])
	}
	for _, n := range cruddur.PageSizes {
		if p.of(list[:n]) != first[n] {
			t.Errorf("a page of %d was rendered again after pages of other sizes", n)
		}
	}
}
