package live

import (
	"slices"
	"strconv"
	"time"

	"cruddur"
)

// kind is what an event tells.
type kind int

const (
	created kind = iota
	gone
	counts
	unread
	message
	reload
)

var kinds = [...]string{created: "new", gone: "gone", counts: "counts", unread: "unread", message: "message", reload: "reload"}

// form is how events are written.
type form int

// Pages get names of cruds and fetch them, programs get the cruds themselves.
const (
	Page form = iota
	Program
	forms
)

// item is one event.
type item struct {
	kind kind
	n    uint64

	activity     *cruddur.Activity // until the event is written
	uuid         cruddur.UUID      // of the activity
	author, root cruddur.UUID
	handle       string
	member       cruddur.UUID // gone: whose cruds are
	members      []cruddur.UUID
	except       []cruddur.UUID // who must not be told
	silenced     bool
	homeOnly     bool // gone from where strangers meet
	expires      time.Time
	numbers      cruddur.UnreadNumbers
	why          string

	text     [forms][]byte
	followed []byte // created, for the pages of those who follow the author
	bare     []byte // counts without numbers, for those whose numbers differ
}

// batch is what one poll has found.
type batch struct {
	at          time.Time
	gap         bool // something was lost, so nothing before can be told again
	asked       bool // what viewers have to do with those whom it names, for streams up to serial
	serial      uint64
	first, last uint64
	items       []*item // for all
	private     map[cruddur.UUID][]*item
	ties        map[cruddur.UUID]ties // by viewer
	authors     map[cruddur.UUID]struct{}
	counts      bool
	shared      [variants][]byte

	rechecked []cruddur.UUID // whose streams must prove again that they may be there
	programs  bool           // so must those of all programs
	place     bool           // so must those of strangers
	ignoring  []cruddur.UUID // who ignores somebody from now on
}

// variant is what most streams get: the same bytes for all of them.
type variant int

const (
	pages variant = iota
	homes
	noFeeds
	variants
	own variant = -1 // bytes of its own
)

func (b *batch) add(it item) { b.items = append(b.items, &it) }

func (b *batch) addFor(member cruddur.UUID, it item) {
	if b.private == nil {
		b.private = map[cruddur.UUID][]*item{}
	}
	b.private[member] = append(b.private[member], &it)
}

func (b *batch) recheck(member cruddur.UUID) {
	if member.IsZero() {
		b.programs = true
	} else {
		b.rechecked = append(b.rechecked, member)
	}
}

// named returns the members on whom it depends who may be told.
func (b *batch) named() []cruddur.UUID {
	set := map[cruddur.UUID]struct{}{}
	take := func(it *item) {
		for _, id := range it.members {
			set[id] = struct{}{}
		}
	}
	for _, it := range b.items {
		take(it)
	}
	for _, list := range b.private {
		for _, it := range list {
			take(it)
		}
	}
	list := make([]cruddur.UUID, 0, len(set))
	for id := range set {
		list = append(list, id)
	}
	return list
}

// number gives each event its number, after last, and writes it.
func (b *batch) number(boot string, last uint64, activity func([]byte, *cruddur.Activity) []byte) {
	b.first = last + 1
	b.authors = map[cruddur.UUID]struct{}{}
	give := func(it *item) {
		last++
		it.n = last
		it.write(boot, activity)
	}
	for _, it := range b.items {
		give(it)
		if it.kind == created {
			b.authors[it.author] = struct{}{}
		}
		b.counts = b.counts || it.kind == counts
	}
	for _, list := range b.private {
		for _, it := range list {
			give(it)
		}
	}
	b.last = last
	for v, o := range [variants]Options{pages: {Form: Page}, homes: {Form: Program}, noFeeds: {Form: Program, Feed: NoFeed}} {
		for _, it := range b.items {
			b.shared[v] = it.appendFor(b.shared[v], &o, nil, false)
		}
	}
}

// write makes the bytes of an event. Afterwards the activity is no longer needed.
func (it *item) write(boot string, activity func([]byte, *cruddur.Activity) []byte) {
	wrap := func(data []byte) []byte {
		b := append(make([]byte, 0, len(data)+64), "event: "...)
		b = append(append(b, kinds[it.kind]...), "\nid: "...)
		b = strconv.AppendUint(append(append(b, boot...), '-'), it.n, 10)
		return append(append(append(b, "\ndata: "...), data...), "\n\n"...)
	}
	switch it.kind {
	case created:
		data := appendID([]byte(`{"uuid":`), it.uuid)
		data = append(append(append(data, `,"handle":"`...), it.handle...), `","parent":`...)
		data = appendID(data, it.activity.ReplyTo)
		data = appendID(append(data, `,"root":`...), it.root)
		data = data[:len(data):len(data)]
		it.text[Page] = wrap(append(data, `,"followed":false}`...))
		data = append(data, `,"followed":true`...)
		if it.silenced { // everybody's feed has none of theirs
			data = append(data, `,"feed":"following"`...)
		}
		it.followed = wrap(append(data, '}'))
		it.text[Program] = wrap(activity(nil, it.activity))
	case counts:
		data := appendID([]byte(`{"uuid":`), it.uuid)
		end := append(it.expires.UTC().AppendFormat([]byte(`,"expires_at":"`), "2006-01-02T15:04:05.000000Z"), `"}`...)
		it.bare = wrap(slices.Concat(data, end))
		data = strconv.AppendInt(append(data, `,"replies":`...), int64(it.activity.RepliesCount), 10)
		data = strconv.AppendInt(append(data, `,"reposts":`...), int64(it.activity.RepostsCount), 10)
		data = strconv.AppendInt(append(data, `,"likes":`...), int64(it.activity.LikesCount), 10)
		it.both(wrap(append(data, end...)))
	case gone:
		var data []byte
		if it.handle == "" {
			data = append(appendID([]byte(`{"uuid":`), it.uuid), '}')
		} else {
			data = append(append([]byte(`{"handle":"`), it.handle...), '"')
			if it.homeOnly {
				data = append(data, `,"feed":"home"`...)
			}
			data = append(data, '}')
		}
		it.both(wrap(data))
	case unread:
		data := strconv.AppendInt([]byte(`{"notifications":`), int64(it.numbers.Notifications), 10)
		data = strconv.AppendInt(append(data, `,"messages":`...), int64(it.numbers.Messages), 10)
		if it.numbers.Answer {
			data = append(data, `,"answer":true`...)
		}
		it.both(wrap(append(data, '}')))
	case message:
		it.both(wrap(append(append([]byte(`{"handle":"`), it.handle...), `"}`...)))
	case reload:
		it.both(wrap(append(append([]byte(`{"reason":"`), it.why...), `"}`...)))
	}
	it.activity = nil
}

func (it *item) both(text []byte) { it.text[Page], it.text[Program] = text, text }

// appendID appends a UUID as JSON; the nil UUID is null.
func appendID(b []byte, id cruddur.UUID) []byte {
	if id.IsZero() {
		return append(b, "null"...)
	}
	return append(id.AppendText(append(b, '"')), '"')
}

// appendFor appends an event if a stream wants it and its viewer may see it.
func (it *item) appendFor(b []byte, o *Options, t ties, ignores bool) []byte {
	if t.ignores(it.members) || !o.Member.IsZero() && slices.Contains(it.except, o.Member) {
		return b
	}
	follows := it.kind == created && (t.follows(it.author) || !o.Member.IsZero() && it.author == o.Member)
	switch {
	case !it.wanted(o, follows):
		return b
	case follows && o.Form == Page:
		return append(b, it.followed...)
	case it.kind == counts && ignores:
		return append(b, it.bare...)
	}
	return append(b, it.text[o.Form]...)
}

// wanted reports whether an event belongs to what a stream shows.
func (it *item) wanted(o *Options, follows bool) bool {
	switch it.kind {
	case created:
		switch {
		case !o.Thread.IsZero() && it.root == o.Thread:
			return true
		case o.Form == Page:
			return !it.silenced || follows || !it.root.IsZero()
		case !it.root.IsZero() || o.Feed == NoFeed:
			return false
		case o.Feed == FollowingFeed:
			return follows
		}
		return !it.silenced
	case counts:
		return o.Form == Page || o.Feed != NoFeed || !o.Thread.IsZero() && (it.uuid == o.Thread || it.root == o.Thread)
	}
	return true
}

// ties are what a viewer has to do with those whom a batch names.
type ties map[cruddur.UUID]cruddur.Tie

func tiesOf(list []cruddur.Tie) map[cruddur.UUID]ties {
	all := map[cruddur.UUID]ties{}
	for _, t := range list {
		if all[t.Viewer] == nil {
			all[t.Viewer] = ties{}
		}
		all[t.Viewer][t.Other] = t
	}
	return all
}

func (t ties) follows(id cruddur.UUID) bool { return t[id].Follows }

// ignores reports whether the viewer ignores one of some members.
func (t ties) ignores(list []cruddur.UUID) bool {
	return len(t) > 0 && slices.ContainsFunc(list, func(id cruddur.UUID) bool { return t[id].Ignores })
}

// goners is what has gone lately, so that nothing that waits to be told names it.
type goners struct {
	activities, members map[cruddur.UUID]time.Time
}

func (g *goners) add(b *batch) {
	for _, it := range b.items {
		if it.kind == gone && !it.uuid.IsZero() {
			g.activities[it.uuid] = b.at
		}
		if it.kind == gone && !it.member.IsZero() {
			g.members[it.member] = b.at
		}
	}
	for _, m := range []map[cruddur.UUID]time.Time{g.activities, g.members} {
		for id, at := range m {
			if b.at.Sub(at) > 2*ringLife {
				delete(m, id)
			}
		}
	}
}

// has reports whether what an event tells of has gone since.
func (g *goners) has(it *item) bool {
	if it.kind != created && it.kind != counts && it.kind != message {
		return false
	}
	if _, ok := g.activities[it.uuid]; ok {
		return true
	}
	return slices.ContainsFunc(it.members, func(id cruddur.UUID) bool { _, ok := g.members[id]; return ok })
}
