package live

import (
	"bytes"
	"context"
	"slices"
	"time"

	"cruddur"
)

// poll reads what is new and passes it on. If anything fails, the next poll reads it all again.
func (h *Hub) poll(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	h.flush(ctx)
	now := h.c.Now().UTC()
	from := now
	if !h.now.succeeded.IsZero() && h.now.succeeded.Before(now) {
		from = h.now.succeeded
	}
	since := from.Add(-overlap)
	news, err := h.c.Store.News(ctx, h.now.floor, since, now)
	if err != nil {
		return err
	}
	next := h.now.after(&news, since, now)
	b := &batch{at: now}
	if h.now.gap(&news, now) {
		b.gap = true
		b.add(item{kind: reload, why: "gap"})
	} else {
		changes, activities := h.now.unseen(&news)
		if err := h.fill(ctx, b, changes, activities, now); err != nil {
			return err
		}
	}
	h.now = next
	h.deliver(b)
	return nil
}

// after returns the position after some news were read.
func (p *position) after(n *cruddur.News, since, now time.Time) position {
	next := position{floor: n.Floor, succeeded: now, changes: make(map[int64]struct{}, len(n.Changes)), known: make(map[cruddur.UUID]struct{}, len(n.Activities))}
	for i := range n.Changes {
		next.changes[n.Changes[i].ID] = struct{}{}
	}
	for _, id := range n.Activities {
		next.known[id] = struct{}{}
	}
	for id := range p.known { // what is hidden, and shown again soon, is told once
		if !id.Time().Before(since) {
			next.known[id] = struct{}{}
		}
	}
	if n.Held {
		next.heldSince = now
		if n.Floor == p.floor && !p.heldSince.IsZero() {
			next.heldSince = p.heldSince
		}
	}
	return next
}

// gap reports whether something may have been lost, because changes do not stay in the database for ever: the last
// poll was long ago, a transaction that was open for long has ended, or it is another database.
func (p *position) gap(n *cruddur.News, now time.Time) bool {
	switch {
	case p.succeeded.IsZero():
		return false
	case now.Sub(p.succeeded) > gapAfterFailures, n.Floor < p.floor:
		return true
	}
	return !p.heldSince.IsZero() && n.Floor > p.floor && now.Sub(p.heldSince) > rowLife
}

// unseen returns what the poll before has not read already.
func (p *position) unseen(n *cruddur.News) (changes []cruddur.Change, activities []cruddur.UUID) {
	for i := range n.Changes {
		if _, seen := p.changes[n.Changes[i].ID]; !seen {
			changes = append(changes, n.Changes[i])
		}
	}
	for _, id := range n.Activities {
		if _, seen := p.known[id]; !seen {
			activities = append(activities, id)
		}
	}
	return changes, activities
}

// fill makes events of changes and of new activities.
func (h *Hub) fill(ctx context.Context, b *batch, changes []cruddur.Change, activities []cruddur.UUID, now time.Time) error {
	if len(changes) == 0 && len(activities) == 0 {
		return nil
	}
	counted, concerned := b.apply(changes)
	viewers, serial := h.viewers()
	b.asked, b.serial = true, serial
	if err := h.fillActivities(ctx, b, activities, counted, concerned, now); err != nil {
		return err
	}
	if err := h.fillTies(ctx, b, viewers, now); err != nil {
		return err
	}
	return h.fillUnread(ctx, b, concerned, viewers, now)
}

// apply adds the events that a change itself tells. It returns the activities whose numbers have changed, and the members
// whose unread numbers may have.
func (b *batch) apply(changes []cruddur.Change) (counted []cruddur.UUID, concerned map[cruddur.UUID]struct{}) {
	concerned = map[cruddur.UUID]struct{}{}
	for i := range changes {
		c := &changes[i]
		subject := []cruddur.UUID{c.Subject}
		switch c.Kind {
		case cruddur.ChangeGone:
			b.add(item{kind: gone, uuid: c.Subject, members: c.Members})
		case cruddur.ChangeCounts:
			counted = append(counted, c.Subject)
		case cruddur.ChangeHidden:
			b.add(item{kind: gone, member: c.Subject, handle: c.Handle, members: subject})
			b.recheck(c.Subject)
		case cruddur.ChangeDeleted:
			b.add(item{kind: gone, member: c.Subject, handle: c.Handle, except: c.Members})
			b.recheck(c.Subject)
		case cruddur.ChangeSilenced:
			b.add(item{kind: gone, handle: c.Handle, members: subject, homeOnly: true})
		case cruddur.ChangeParted:
			// Who is blocked must not learn by whom, so they are only told to look again.
			b.addFor(c.Subject, item{kind: gone, handle: c.ObjectHandle})
			b.addFor(c.Object, item{kind: reload, why: "sight"})
			b.ignoring = append(b.ignoring, c.Subject, c.Object)
			concerned[c.Subject], concerned[c.Object] = struct{}{}, struct{}{}
		case cruddur.ChangeMuted:
			b.addFor(c.Subject, item{kind: gone, handle: c.ObjectHandle})
			b.ignoring = append(b.ignoring, c.Subject)
			concerned[c.Subject] = struct{}{}
		case cruddur.ChangeAccess:
			b.recheck(c.Subject)
		case cruddur.ChangeTold:
			concerned[c.Subject] = struct{}{}
		case cruddur.ChangeMessage:
			b.addFor(c.Subject, item{kind: message, handle: c.ObjectHandle, members: []cruddur.UUID{c.Object}})
			b.addFor(c.Object, item{kind: message, handle: c.Handle, members: subject})
			concerned[c.Subject], concerned[c.Object] = struct{}{}, struct{}{}
		case cruddur.ChangePlace:
			b.place = true
		}
	}
	return counted, concerned
}

// fillActivities adds what is new and whose numbers have changed.
func (h *Hub) fillActivities(ctx context.Context, b *batch, activities, counted []cruddur.UUID, concerned map[cruddur.UUID]struct{}, now time.Time) error {
	fresh := make(map[cruddur.UUID]struct{}, len(activities))
	for _, id := range activities {
		fresh[id] = struct{}{}
	}
	slices.SortFunc(counted, func(a, b cruddur.UUID) int { return bytes.Compare(b[:], a[:]) })
	counted = slices.Compact(counted)
	counted = slices.DeleteFunc(counted, func(id cruddur.UUID) bool { _, ok := fresh[id]; return ok })
	counted = counted[:min(len(counted), mostCounts)]
	all := slices.Concat(activities, counted)
	if len(all) == 0 {
		return nil
	}
	list, err := h.c.Store.Those(ctx, all, now)
	if err != nil {
		return err
	}
	ids := make([]cruddur.UUID, len(list))
	for i := range list {
		ids[i] = list[i].UUID
	}
	above, err := h.c.Store.Above(ctx, ids, now)
	if err != nil {
		return err
	}
	if len(activities) > 0 {
		told, err := h.c.Store.ToldOf(ctx, activities)
		if err != nil {
			return err
		}
		for _, id := range told {
			concerned[id] = struct{}{}
		}
	}
	for i := range list {
		a := &list[i]
		if above[i] == nil {
			continue // it has ended meanwhile
		}
		kind := counts
		if _, ok := fresh[a.UUID]; ok {
			kind = created
		} else {
			concerned[a.UserUUID] = struct{}{}
		}
		b.add(item{
			kind: kind, activity: a, uuid: a.UUID, author: a.UserUUID, root: a.Root, handle: a.Handle, members: above[i],
			silenced: a.Silenced, expires: a.ExpiresAt,
		})
	}
	return nil
}

// fillTies learns which viewers follow or ignore those whom the events name.
func (h *Hub) fillTies(ctx context.Context, b *batch, viewers []cruddur.UUID, now time.Time) error {
	others := b.named()
	if len(viewers) == 0 || len(others) == 0 {
		return nil
	}
	list, err := h.c.Store.TiesOf(ctx, viewers, others, now)
	if err != nil {
		return err
	}
	b.ties = tiesOf(list)
	return nil
}

// fillUnread adds the numbers of those members who are there and for whom something may be new.
func (h *Hub) fillUnread(ctx context.Context, b *batch, concerned map[cruddur.UUID]struct{}, viewers []cruddur.UUID, now time.Time) error {
	var list []cruddur.UUID
	for _, id := range viewers {
		if _, ok := concerned[id]; ok {
			list = append(list, id)
		}
	}
	if len(list) == 0 {
		return nil
	}
	numbers, err := h.c.Store.UnreadOf(ctx, list, now)
	if err != nil {
		return err
	}
	for i, id := range list {
		b.addFor(id, item{kind: unread, numbers: numbers[i]})
	}
	return nil
}

// viewers returns the members who have streams, and the number of the newest stream.
func (h *Hub) viewers() ([]cruddur.UUID, uint64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]cruddur.UUID, 0, len(h.members))
	for id := range h.members {
		list = append(list, id)
	}
	return list, h.serial
}
