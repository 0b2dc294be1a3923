package live

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// deliver numbers the events of a batch, keeps them, and gives them to all whom they concern. It waits for nobody.
func (h *Hub) deliver(b *batch) {
	silent := len(b.items) == 0 && len(b.private) == 0
	if silent && len(b.rechecked) == 0 && !b.programs && !b.place && len(b.ignoring) == 0 {
		h.trim(b.at)
		return
	}
	if b.place && h.c.Place != nil {
		h.c.Place() // before the streams ask
	}
	if h.c.Hidden != nil && slices.ContainsFunc(b.items, func(it *item) bool { return it.kind == gone || it.kind == reload }) {
		h.c.Hidden()
	}
	b.number(h.boot, h.last, h.c.Activity) // only deliver changes last
	h.mu.Lock()
	h.last = b.last
	h.goners.add(b)
	if b.gap {
		h.ring, h.held, h.forgotten = nil, 0, b.last-1
	}
	if !silent {
		h.ring = append(h.ring, b)
		h.held += int(b.last - b.first + 1)
	}
	told := 0
	for s := range h.streams {
		if s.take(b) {
			told++
		}
	}
	h.mu.Unlock()
	h.trim(b.at)
	for _, it := range b.items {
		h.c.Metrics.Told(kinds[it.kind], told)
	}
	for _, list := range b.private {
		for _, it := range list {
			h.c.Metrics.Told(kinds[it.kind], 1)
		}
	}
}

// trim forgets what is older than ringLife, and what is too much.
func (h *Hub) trim(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.ring) > 0 && (now.Sub(h.ring[0].at) > ringLife || h.held > mostInRing) {
		b := h.ring[0]
		h.ring[0] = nil
		h.ring = h.ring[1:]
		h.held -= int(b.last - b.first + 1)
		h.forgotten = b.last
	}
}

// id returns the id of an event.
func (h *Hub) id(n uint64) string { return h.boot + "-" + strconv.FormatUint(n, 10) }

// missed returns what was told after the event with an id; ok is false if that is not known any more.
func (h *Hub) missed(id string) (after uint64, list []*batch, ok bool) {
	text, ok := strings.CutPrefix(id, h.boot+"-")
	if !ok {
		return 0, nil, false
	}
	after, err := strconv.ParseUint(text, 10, 64)
	if err != nil || after < h.forgotten || after > h.last {
		return 0, nil, false
	}
	for _, b := range h.ring {
		if b.last > after {
			list = append(list, b)
		}
	}
	return after, list, true
}

// settled is how old what a page shows may be: its cards are kept for a second, and what others write is found half a
// second later.
const settled = 3 * time.Second

// Position returns the id of an event that what a page shows now surely includes, for Options.After: whatever came later
// is told again, even if the page shows it already.
func (h *Hub) Position() string {
	now := h.c.Now()
	h.mu.Lock()
	defer h.mu.Unlock()
	n := h.last
	for i := len(h.ring) - 1; i >= 0 && now.Sub(h.ring[i].at) < settled; i-- {
		n = h.ring[i].first - 1
	}
	return h.id(n)
}
