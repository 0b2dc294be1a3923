package web

import (
	"net/http"
	"time"

	"cruddur"
)

// endForm is the page that gives an own crud or reply another end.
func (s *site) endForm(r *http.Request, e *entry) (view, error) {
	v := visitOf(r)
	if v.viewer == nil {
		return nil, cruddur.NewError(cruddur.KindUnauthenticated)
	}
	a, err := s.ownActivity(r)
	if err != nil {
		return nil, err
	}
	n, err := s.Store.CountBelow(r.Context(), a.UUID, v.now)
	if err != nil {
		return nil, err
	}
	most := a.CreatedAt.Add(cruddur.MaxLife)
	if !a.ReplyTo.IsZero() {
		parent, err := s.Store.Activity(r.Context(), a.ReplyTo, v.now)
		if err != nil {
			return nil, err
		}
		most = parent.ExpiresAt
	}
	lead, title := v.lang.Text("It ends on {time}.", "time", v.lang.Date(a.ExpiresAt)), v.lang.Text("Change the end of this crud")
	if n > 0 {
		lead += " " + v.lang.Count("{n} replies hang on it and never outlive it; those that live with the thread move along.", n)
	}
	if !a.ReplyTo.IsZero() {
		title = v.lang.Text("Change the end of this reply")
	}
	path := string(crudPath(a.Handle, a.UUID.String()))
	return &formView{
		page: page{Title: title, NoIndex: true},
		Lead: lead, Quote: quoteOf(&a, v.lang),
		Form: form{
			Action: path + "/end", Submit: "Change its end", Cancel: path,
			Fields: []field{{
				Name: "ttl", Label: "From now on it lives", Type: "select", Choices: endChoices(&a, most, v),
				Hint: "No crud lives longer than 30 days, and no reply longer than what it answers.",
			}},
		}.with(e),
	}, nil
}

// endChoices lists the lives, counted from now, that end before most; a reply may also live with its thread.
func endChoices(a *cruddur.Activity, most time.Time, v *visit) []choice {
	var out []choice
	if !a.ReplyTo.IsZero() {
		out = append(out, choice{"", v.lang.Text("with the thread, until {time}", "time", v.lang.Date(most)), false})
	}
	for _, p := range cruddur.Presets {
		if v.now.Add(p.Duration).After(most) {
			if a.ReplyTo.IsZero() { // as long as it may: the store cuts it short
				out = append(out, choice{string(p.TTL), v.lang.Text("as long as it may, until {time}", "time", v.lang.Date(most)), false})
			}
			break
		}
		out = append(out, choice{string(p.TTL), p.Label, false})
	}
	return out
}

func (s *site) postEnd(w http.ResponseWriter, r *http.Request) error {
	a, err := s.ownActivity(r)
	if err != nil {
		return err
	}
	ttl := cruddur.TTL(r.PostForm.Get("ttl"))
	if ttl != "" || a.ReplyTo.IsZero() || !r.PostForm.Has("ttl") { // only a reply lives with a thread
		if ttl, err = cruddur.ParseTTL(string(ttl)); err != nil {
			return err
		}
	}
	v := visitOf(r)
	if _, err := s.Store.MoveEnd(r.Context(), a.UUID, v.viewer.UUID, ttl, v.now); err != nil {
		return err
	}
	http.Redirect(w, r, string(crudPath(a.Handle, a.UUID.String()))+"?notice=moved", http.StatusSeeOther)
	return nil
}
