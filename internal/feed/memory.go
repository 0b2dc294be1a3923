package feed

import (
	"bytes"
	"slices"
	"time"

	"cruddur"
)

// maxAge is how long a kept page is used. This process's own writes change it at once; another server's
// writes, or changes by hand in psql, appear at most this much later. One query per second costs less than
// any notification.
const maxAge = time.Second

// kept is the newest page as it was in the database when its query began, plus this process's own writes
// since. Its list is never changed, only replaced.
type kept struct {
	list     []cruddur.Activity
	complete bool                    // there is no older crud
	now      time.Time               // the time that the query was asked for
	begun    time.Time               // when the query began, by this process's clock
	number   uint64                  // the greatest number of a report when the query began: the query knows of those before it
	updates  map[cruddur.UUID]uint64 // the numbers of the reports of what has changed since
}

// Keep makes the feed keep the newest page in memory. Every write of this process must then be reported to it
// with Created, Deleted, Updated or Changed, after the commit and before its author gets an answer.
func (f *Feed) Keep() *Feed {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pages = map[int]kept{}
	return f
}

// sizeOf returns the length of the kept page from which a page of limit cruds is cut.
func sizeOf(limit int) int {
	return max(limit, cruddur.PageSizes[cruddur.PageSlot(limit)])
}

// remembered answers from memory, if the kept page is recent enough.
func (f *Feed) remembered(limit int, now time.Time) ([]cruddur.Activity, bool) {
	f.mu.Lock()
	k, ok := f.pages[sizeOf(limit)]
	f.mu.Unlock()
	// A request for an earlier time would miss the cruds that have expired between the two times, and one for a
	// much later time would count replies that have.
	if !ok || now.Before(k.now) || now.Sub(k.now) >= maxAge || time.Since(k.begun) >= maxAge {
		return nil, false
	}
	n := min(limit, len(k.list))
	list := k.list[:n:n]
	if slices.ContainsFunc(list, func(a cruddur.Activity) bool { return !a.Visible(now) }) {
		list = make([]cruddur.Activity, 0, limit)
		for i := 0; i < len(k.list) && len(list) < limit; i++ {
			if k.list[i].Visible(now) {
				list = append(list, k.list[i])
			}
		}
	}
	return list, len(list) == limit || k.complete
}

// keep stores the answer of a query, unless there was a write since it began: the query may have missed that
// write.
func (f *Feed) keep(p page, q *query, writes int, number uint64, begun time.Time) {
	if q.err != nil || !p.before.IsZero() {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.pages != nil && f.writes == writes {
		f.pages[p.limit] = kept{list: q.list, complete: len(q.list) < p.limit, now: q.now, begun: begun, number: number}
	}
}

// Created reports this process's own committed crud: it is inserted into the kept pages, unless its author is
// silenced.
func (f *Feed) Created(a cruddur.Activity) {
	if a.Silenced {
		return
	}
	f.edit(func(k kept, size int) kept {
		i, found := slices.BinarySearchFunc(k.list, a.UUID, newerFirst)
		if found || i == len(k.list) && !k.complete {
			return k
		}
		list := make([]cruddur.Activity, 0, len(k.list)+1)
		list = append(append(append(list, k.list[:i]...), a), k.list[i:]...)
		if len(list) > size {
			list, k.complete = list[:size], false
		}
		k.list = list
		return k
	})
}

// Deleted reports this process's own committed delete.
func (f *Feed) Deleted(id cruddur.UUID) {
	f.edit(func(k kept, _ int) kept {
		if i, found := slices.BinarySearchFunc(k.list, id, newerFirst); found {
			k.list = slices.Delete(slices.Clone(k.list), i, i+1) // not Concat: an empty list is not nil
		}
		return k
	})
}

// Updated reports an activity whose counters or end have changed: it replaces the one in the kept pages, unless a
// report with a greater number has done so.
func (f *Feed) Updated(a cruddur.Activity, number uint64) {
	f.mu.Lock()
	f.number = max(f.number, number)
	f.mu.Unlock()
	f.edit(func(k kept, _ int) kept {
		i, found := slices.BinarySearchFunc(k.list, a.UUID, newerFirst)
		if !found || number < max(k.updates[a.UUID], k.number) {
			return k
		}
		k.list = slices.Clone(k.list)
		k.list[i] = a
		if k.updates == nil {
			k.updates = map[cruddur.UUID]uint64{}
		}
		k.updates[a.UUID] = number // the map goes with the page after a second
		return k
	})
}

// Changed reports any other write that a page may show, or one whose outcome is unknown.
func (f *Feed) Changed() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writes++
	clear(f.pages)
}

func (f *Feed) edit(change func(k kept, size int) kept) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.writes++
	for size, k := range f.pages {
		f.pages[size] = change(k, size)
	}
}

func newerFirst(a cruddur.Activity, id cruddur.UUID) int { return bytes.Compare(id[:], a.UUID[:]) }
