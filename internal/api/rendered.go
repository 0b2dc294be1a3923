package api

import (
	"sync/atomic"

	"cruddur"
	"cruddur/internal/kept"
)

// renderedPages caches the bytes of the newest pages, for the lists that the feed caches. A list of the feed is never
// changed, and a new list is a new slice. So the address of its first crud and its length identify the list, and
// while the pointer is held the address cannot be reused.
type renderedPages struct {
	pages [len(cruddur.PageSizes)]atomic.Pointer[rendered] // by size: pages of 20 and of 100 do not evict each other
}

// rendered is one list as the bytes of an answer, with their tag.
type rendered struct {
	first *cruddur.Activity
	size  int
	body  *kept.Piece
	tag   string
}

// of returns the bytes of a non-empty list, rendered now or earlier.
func (p *renderedPages) of(list []cruddur.Activity) *rendered {
	slot := &p.pages[cruddur.PageSlot(len(list))]
	if r := slot.Load(); r != nil && r.first == &list[0] && r.size == len(list) {
		return r
	}
	body := appendActivities(nil, list)
	r := &rendered{first: &list[0], size: len(list), body: kept.New(body), tag: etag(body)}
	slot.Store(r)
	return r
}
