package web

import (
	"bytes"
	"html/template"
	"sync"

	"cruddur"
	"cruddur/internal/kept"
)

// keptOwn keeps pieces that are the same as long as a member and what they are told are: the navigation, and the form
// for a new crud. Everything that a piece is rendered from is in its key, so nobody gets another's.
type keptOwn struct {
	mu         sync.Mutex
	new, older map[any][]*kept.Piece
}

// mostOwn is the number of members' pieces in each of the two generations. A navigation takes 7 kB and a form 8, which
// many members share: at most 15 MB.
const mostOwn = 500

func (k *keptOwn) of(key any, draw func() ([][]byte, error)) ([]*kept.Piece, error) {
	k.mu.Lock()
	list, ok := k.new[key]
	if !ok {
		list, ok = k.older[key]
	}
	k.mu.Unlock()
	if !ok {
		parts, err := draw()
		if err != nil {
			return nil, err
		}
		list = pieces(parts)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, ok := k.new[key]; !ok {
		if len(k.new) >= mostOwn || k.new == nil {
			k.new, k.older = map[any][]*kept.Piece{}, k.new
		}
		k.new[key] = list
	}
	return list, nil
}

// ownRailKey is everything that changes the navigation of a member.
type ownRailKey struct {
	railKey
	viewer        viewer
	news          news
	unread, cases string
}

// ownRail returns the navigation of a member.
func (s *site) ownRail(p *page) (*kept.Piece, error) {
	key := ownRailKey{railKey{p.Here, p.Theme, p.Lang.Tag, p.Place}, *p.Viewer, news{}, p.Unread, p.Cases}
	if p.News != nil {
		key.news = *p.News
	}
	list, err := s.own.of(key, func() ([][]byte, error) {
		err := s.fillRail(p)
		return [][]byte{[]byte(p.Rail)}, err
	})
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

// ownBoxKey is everything that changes the form for a new crud, except its id.
type ownBoxKey struct {
	language string
	avatar   avatar
	ttl      cruddur.TTL
}

// ownBox returns the form for a new crud, before and after its id.
func (s *site) ownBox(v *visit) (before, after *kept.Piece, err error) {
	u := v.viewer
	face := avatarOf(u.Handle, cruddur.ShownName(u.DisplayName, u.Handle)).of(u.Avatar)
	list, err := s.own.of(ownBoxKey{v.lang.Tag, face, u.DefaultTTL}, func() ([][]byte, error) {
		box := composeBoxOf(v, nil)
		var b bytes.Buffer
		if err := s.spoken[v.lang.Place].box.Execute(&b, box); err != nil {
			return nil, err
		}
		return cut(b.Bytes(), []mark{{`name="draft" value="`, box.Draft}})
	})
	if err != nil {
		return nil, nil, err
	}
	return list[0], list[1], nil
}

// inTitle is what stands before the title of a page.
func (n *news) inTitle() string {
	if n == nil || !n.Answer {
		return ""
	}
	return "(" + template.HTMLEscapeString(n.Text) + ") "
}
