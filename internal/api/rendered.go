package api

import (
	"sync/atomic"

	"cruddur"
)

// renderedPages keeps the bytes of the newest pages beside the lists that the feed keeps. A list of the
// feed is never changed, and another one is another slice; so the address of its first crud and its
// length say which it is, and while the pointer is held the address cannot become somebody else's.
type renderedPages struct {
	pages [len(cruddur.PageSizes)]atomic.Pointer[rendered] // by size: pages of 20 and of 100 do not push each other out
}

// rendered is one list as the answer's bytes, with their tag.
type rendered struct {
	first *cruddur.Activity
	size  int
	body  []byte
	tag   string
}

// of returns the bytes of a list that is not empty, rendered now or before.
func (p *renderedPages) of(list []cruddur.Activity) *rendered {
	slot := &p.pages[cruddur.PageSlot(len(list))]
	if r := slot.Load(); r != nil && r.first == &list[0] && r.size == len(list) {
		return r
	}
	body := appendActivities(nil, list)
	r := &rendered{first: &list[0], size: len(list), body: body, tag: etag(body)}
	slot.Store(r)
	return r
}
