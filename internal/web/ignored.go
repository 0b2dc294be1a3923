package web

import (
	"context"
	"net/http"
	"time"

	"cruddur"
	"cruddur/internal/filter"
)

// Ignoring is the part of the Store with which members keep others away.
type Ignoring interface {
	Ignored(ctx context.Context, viewer cruddur.UUID, now time.Time) (*cruddur.Ignored, error)
	Block(ctx context.Context, blocker, blocked cruddur.UUID, on bool, now time.Time) error
	Mute(ctx context.Context, muter, muted cruddur.UUID, until, now time.Time) error
	Unmute(ctx context.Context, muter, muted cruddur.UUID) error
	Blocked(ctx context.Context, user, before cruddur.UUID, limit int) ([]cruddur.Person, error)
	Muted(ctx context.Context, user, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Person, error)
}

// ignore lets the reads of a request leave out whom its member ignores.
func (s *site) ignore(r *http.Request) (*http.Request, error) {
	v := visitOf(r)
	if v.viewer == nil || !v.viewer.Ignores {
		return r, nil
	}
	ignored, err := s.Store.Ignored(r.Context(), v.viewer.UUID, v.now)
	if err != nil {
		return r, err
	}
	return r.WithContext(filter.With(r.Context(), ignored)), nil
}

// muteForm asks for how long a member is muted, and leads to the block.
func (s *site) muteForm(r *http.Request, e *entry) (view, error) {
	p, err := s.shunnable(r)
	if err != nil {
		return nil, err
	}
	l, path := visitOf(r).lang, string(profilePath(p.Handle))
	lives := []choice{{"", "for good", false}}
	for _, x := range cruddur.Presets {
		lives = append(lives, choice{string(x.TTL), l.Text("for {life}", "life", l.Text(x.Label)), false})
	}
	return &formView{
		page: page{Title: l.Text("Mute @{handle}", "handle", p.Handle), NoIndex: true},
		Lead: l.Text("What @{handle} writes is left out of your feeds, of searches and of conversations, and you get no notification of it. Their own page stays as it is. They do not learn of it.", "handle", p.Handle),
		Form: form{
			Action: path + "/mute", Submit: "Mute", Cancel: path,
			Fields: []field{{Name: "ttl", Label: "For how long", Type: "select", Choices: lives}},
		}.with(e),
		Links: []link{{"Is that not enough?", l.Text("Block @{handle}", "handle", p.Handle), path + "/block"}},
	}, nil
}

// blockForm says what a block does.
func (s *site) blockForm(r *http.Request, e *entry) (view, error) {
	p, err := s.shunnable(r)
	if err != nil {
		return nil, err
	}
	l, path := visitOf(r).lang, string(profilePath(p.Handle))
	return &formView{
		page: page{Title: l.Text("Block @{handle}?", "handle", p.Handle), NoIndex: true},
		Lead: "Neither of you sees the other’s cruds, replies and page any more, neither can answer or write to the other, and neither follows the other. You can undo it in the settings.",
		Form: form{Action: path + "/block", Submit: l.Text("Block @{handle}", "handle", p.Handle), Danger: true, Cancel: path}.with(e),
	}, nil
}

// shunnable returns the member that the address names, if it is somebody else.
func (s *site) shunnable(r *http.Request) (cruddur.Profile, error) {
	v := visitOf(r)
	if v.viewer == nil {
		return cruddur.Profile{}, cruddur.NewError(cruddur.KindUnauthenticated)
	}
	p, err := s.profileAt(r)
	if err == nil && p.UUID == v.viewer.UUID {
		err = cruddur.NewError(cruddur.KindNotFound)
	}
	return p, err
}

func (s *site) postMute(w http.ResponseWriter, r *http.Request) error {
	p, err := s.profileAt(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	var until time.Time
	if text := r.PostForm.Get("ttl"); text != "" {
		ttl, err := cruddur.ParseTTL(text)
		if err != nil {
			return err
		}
		life, _ := ttl.Duration()
		until = v.now.Add(life)
	}
	if err := s.Store.Mute(r.Context(), v.viewer.UUID, p.UUID, until, v.now); err != nil {
		return err
	}
	http.Redirect(w, r, string(profilePath(p.Handle))+"?notice=muted", http.StatusSeeOther)
	return nil
}

func (s *site) postUnmute(w http.ResponseWriter, r *http.Request) error {
	return s.undo(w, r, func(p cruddur.Profile, v *visit) error {
		return s.Store.Unmute(r.Context(), v.viewer.UUID, p.UUID)
	})
}

func (s *site) postBlock(w http.ResponseWriter, r *http.Request) error {
	p, err := s.profileAt(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	if err := s.Store.Block(r.Context(), v.viewer.UUID, p.UUID, true, v.now); err != nil {
		return err
	}
	http.Redirect(w, r, string(profilePath(p.Handle))+"?notice=blocked", http.StatusSeeOther)
	return nil
}

func (s *site) postUnblock(w http.ResponseWriter, r *http.Request) error {
	return s.undo(w, r, func(p cruddur.Profile, v *visit) error {
		return s.Store.Block(r.Context(), v.viewer.UUID, p.UUID, false, v.now)
	})
}

// undo ends a mute or a block, and leads back to where it was asked for.
func (s *site) undo(w http.ResponseWriter, r *http.Request, change func(cruddur.Profile, *visit) error) error {
	p, err := s.profileAt(r)
	if err != nil {
		return err
	}
	if err := change(p, visitOf(r)); err != nil {
		return err
	}
	back := string(profilePath(p.Handle))
	if to := r.PostForm.Get("return_to"); to != "" {
		back = s.returnTo(to)
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}

// shunned is a member whom the viewer mutes or blocks.
type shunned struct {
	*person
	Undo  string // address that ends it
	Text  string // of its button
	Until string // RFC 3339, or ""
	Ends  string
}

// shunnedView lists whom a member mutes or blocks.
type shunnedView struct {
	page
	Tabs   []tab
	People []shunned
	Older  string
	Empty  string
	Lead   string
}

func (*shunnedView) template() string { return "shunned" }

func (s *site) getMuted(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	view := &shunnedView{Lead: "You do not see what they write, and they do not know.", Empty: "You mute nobody."}
	return s.showShunned(w, r, view, "muted", "Unmute", func(before cruddur.UUID) ([]cruddur.Person, error) {
		return s.Store.Muted(r.Context(), v.viewer.UUID, before, cruddur.PageSize, v.now)
	})
}

func (s *site) getBlocked(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	view := &shunnedView{Lead: "Neither of you sees the other.", Empty: "You block nobody."}
	return s.showShunned(w, r, view, "blocked", "Unblock", func(before cruddur.UUID) ([]cruddur.Person, error) {
		return s.Store.Blocked(r.Context(), v.viewer.UUID, before, cruddur.PageSize)
	})
}

func (s *site) showShunned(w http.ResponseWriter, r *http.Request, view *shunnedView, which, text string, read func(cruddur.UUID) ([]cruddur.Person, error)) error {
	before, err := beforeOf(r)
	if err != nil {
		return err
	}
	list, err := read(before)
	if err != nil {
		return err
	}
	people, err := s.peopleOf(r, list)
	if err != nil {
		return err
	}
	verb := map[string]string{"muted": "/unmute", "blocked": "/unblock"}[which]
	for i, p := range people {
		p.Button = false
		x := shunned{person: p, Undo: p.Path + verb, Text: text}
		if end := list[i].MutedUntil; !end.IsZero() {
			x.Until, x.Ends = wire(end), visitOf(r).lang.DayTime(end)
		}
		view.People = append(view.People, x)
	}
	path := "/settings/" + which
	view.page = page{Title: "Muted and blocked", Here: "settings", Return: here(r)}
	view.Tabs = []tab{{"Muted", "/settings/muted", which == "muted"}, {"Blocked", "/settings/blocked", which == "blocked"}}
	if len(list) == cruddur.PageSize {
		view.Older = path + "?before=" + list[len(list)-1].Place.String()
	}
	s.render(w, r, http.StatusOK, view)
	return nil
}
