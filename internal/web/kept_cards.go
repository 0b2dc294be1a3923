package web

import (
	"sync/atomic"

	"cruddur"
)

// keptCards shares the bytes of the cards on the newest page, which most requests ask for, between the requests of one
// second: rendering them is most of the work of that page, and within a second a card differs only by its viewer's own
// marks. Each language has its own. A list that the
// feed keeps is never changed, so the address of its first crud identifies it, as in the API.
type keptCards struct{ newest [2]atomic.Pointer[keptPage] } // for strangers, for members

// keptPage is one list in one second.
type keptPage struct {
	first  *cruddur.Activity
	second int64
	cards  [cruddur.PageSize][8]atomic.Pointer[[]byte] // by place, and by what the viewer has done
}

// of returns the cards of a list that the feed may keep; nil if there are none to share.
func (k *keptCards) of(list []cruddur.Activity, v *visit) *keptPage {
	if len(list) == 0 || len(list) > cruddur.PageSize {
		return nil
	}
	slot := &k.newest[0]
	if v.viewer != nil {
		slot = &k.newest[1]
	}
	p := slot.Load()
	if second := v.now.Unix(); p == nil || p.first != &list[0] || p.second != second {
		p = &keptPage{first: &list[0], second: second}
		slot.Store(p)
	}
	return p
}

// addShared renders the crud at a place of the page, or takes the bytes of another request.
func (c *cards) addShared(p *keptPage, place int, a *cruddur.Activity) {
	if p == nil || c.shown != place || c.v.viewer != nil && a.UserUUID == c.v.viewer.UUID {
		c.add(a, nil)
		return
	}
	done := 0
	for i, is := range []bool{a.Liked, a.Reposted, a.Following} {
		if is {
			done |= 1 << i
		}
	}
	slot := &p.cards[place][done]
	if b := slot.Load(); b != nil {
		if a.Visible(c.v.now) {
			c.b.Write(*b)
			c.shown++
		}
		return
	}
	start := c.b.Len()
	if c.add(a, nil); c.b.Len() > start {
		b := append([]byte(nil), c.b.Bytes()[start:]...)
		slot.Store(&b)
	}
}
