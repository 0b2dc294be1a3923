package web

import (
	"html/template"
	"net/http"
	"strconv"
	"strings"

	"cruddur"
)

// caseView is a case with all that a moderator needs to judge it.
type caseView struct {
	page
	What      string
	Reasons   string
	Opened    string // RFC 3339
	OpenedAt  string
	Until     string
	UntilText string
	Name      string
	Warning   string
	Message   template.HTML
	Written   string
	WrittenAt string
	Ends      string
	EndsAt    string
	Over      bool // the original has ended
	Original  string
	Pictures  []casePicture
	Reports   []caseReport
	Count     string
	Member    *moderated // nil: the account is deleted
	Acting    acting
}

func (*caseView) template() string { return "case" }

type casePicture struct {
	URL, Alt      string // URL is "" if the picture could not be read
	Width, Height int
}

type caseReport struct {
	Path, Handle, Reason, Words string
	When, At                    string
}

// acting is the form with which a moderator acts: a note, and a button for each act.
type acting struct {
	Path   string // the acts are below it
	Note   string
	Error  string
	Banner string
	Delete bool // there is a crud to delete
	Close  bool // there is a case to close
	On     *moderated
	Most   string // characters of a note
}

// caseAt returns the case that the address names, and the member whom it is about, if their account is there.
func (s *site) caseAt(r *http.Request) (f cruddur.CaseFile, m cruddur.Member, err error) {
	id, err := cruddur.ParseUUID(r.PathValue("uuid"))
	if err != nil {
		return f, m, err
	}
	v := visitOf(r)
	if v.viewer == nil {
		return f, m, cruddur.NewError(cruddur.KindNotFound)
	}
	if f, err = s.Store.Case(r.Context(), moderatorOf(r), id, v.now); err != nil || f.Member.IsZero() {
		return f, m, err
	}
	m, err = s.Store.FindMember(r.Context(), f.Handle, v.now)
	return f, m, err
}

func (s *site) caseForm(r *http.Request, e *entry) (view, error) {
	f, m, err := s.caseAt(r)
	if err != nil {
		return nil, err
	}
	v := visitOf(r)
	x := &f.Evidence
	view := &caseView{
		page: page{Title: whatText(v.lang, &f.Case), Here: "moderation", NoIndex: true}, What: whatText(v.lang, &f.Case), Reasons: reasonsText(v.lang, f.Reasons),
		Opened: wire(f.OpenedAt), OpenedAt: v.lang.DayTime(f.OpenedAt), Until: wire(f.ExpiresAt), UntilText: v.lang.DayTime(f.ExpiresAt),
		Name: cruddur.ShownName(x.DisplayName, f.Handle), Warning: x.Warning, Message: linkifyPrivate(cruddur.Tidy(x.Message)),
		Written: wire(x.WrittenAt), WrittenAt: v.lang.DayTime(x.WrittenAt), Count: v.lang.Count("{n} reports", f.Reports),
	}
	if !x.EndsAt.IsZero() {
		view.Ends, view.EndsAt, view.Over = wire(x.EndsAt), v.lang.DayTime(x.EndsAt), !x.EndsAt.After(v.now)
	}
	path := casesPath + f.UUID.String()
	for _, p := range x.Pictures {
		shown := casePicture{Alt: p.Alt, Width: p.Width, Height: p.Height}
		if p.Stored {
			shown.URL = path + "/pictures/" + strconv.Itoa(p.Position) + "." + p.Extension
		}
		view.Pictures = append(view.Pictures, shown)
	}
	for _, given := range f.Given {
		view.Reports = append(view.Reports, caseReport{
			Path: string(profilePath(given.Handle)), Handle: given.Handle, Reason: v.lang.Text(reasonLabels[given.Reason]), Words: given.Words,
			When: wire(given.CreatedAt), At: v.lang.DayTime(given.CreatedAt),
		})
	}
	if f.Kind == cruddur.ActivityTarget {
		if a, err := s.Store.Activity(r.Context(), f.Target, v.now); err == nil {
			view.Original = string(crudPath(a.Handle, a.UUID.String()))
		}
	}
	view.Acting = actingOf(v, path, e)
	view.Acting.Close = true
	if !f.Member.IsZero() {
		if view.Member, err = s.moderatedOf(r, &m); err != nil {
			return nil, err
		}
		view.Acting.On = view.Member
		view.Acting.Delete = f.Kind == cruddur.ActivityTarget && (!view.Over)
	}
	return view, nil
}

func actingOf(v *visit, path string, e *entry) acting {
	a := acting{Path: path, Most: v.lang.Number(cruddur.MaxActNote)}
	if e != nil {
		a.Note, a.Error, a.Banner = strings.ToValidUTF8(e.values.Get("note"), "\ufffd"), e.errors["note"], e.banner
	}
	return a
}

// noteOf returns the note that came with an act.
func noteOf(r *http.Request) (string, error) { return cruddur.CheckNote(r.PostForm.Get("note")) }

func (s *site) postCloseCase(w http.ResponseWriter, r *http.Request) error {
	note, err := noteOf(r)
	if err != nil {
		return err
	}
	id, err := cruddur.ParseUUID(r.PathValue("uuid"))
	if err != nil {
		return err
	}
	if err := s.Store.CloseCase(r.Context(), moderatorOf(r), id, note, visitOf(r).now); err != nil {
		return err
	}
	http.Redirect(w, r, moderationPath+"?notice=case-closed", http.StatusSeeOther)
	return nil
}

// postDeleteReported deletes the crud that a case is about, after a page that says what goes with it.
func (s *site) postDeleteReported(w http.ResponseWriter, r *http.Request) error {
	note, err := noteOf(r)
	if err != nil {
		return err
	}
	f, _, err := s.caseAt(r)
	if err != nil {
		return err
	}
	if f.Kind != cruddur.ActivityTarget {
		return cruddur.NewError(cruddur.KindNotFound)
	}
	v, path := visitOf(r), casesPath+f.UUID.String()
	if r.PostForm.Get("sure") == "" {
		n, err := s.Store.CountBelow(r.Context(), f.Target, v.now)
		if err != nil {
			return err
		}
		lead := v.lang.Text("It disappears at once for everybody and cannot be restored.")
		if n > 0 {
			lead += " " + v.lang.Count("{n} replies go with it.", n)
		}
		s.render(w, r, http.StatusOK, &formView{
			page: page{Title: v.lang.Text("Delete this crud of @{handle}?", "handle", f.Handle), NoIndex: true, Here: "moderation"}, Lead: lead, Quote: linkifyPrivate(cruddur.Tidy(f.Evidence.Message)),
			Form: form{Action: path + "/delete", Submit: "Delete it", Danger: true, Cancel: path, Fields: []field{
				{Name: "sure", Type: "hidden", Value: "yes"},
				{Name: "note", Label: "Note for the log", Type: "area", Value: note, Optional: true},
			}},
		})
		return nil
	}
	if _, err := s.Store.DeleteActivityBy(r.Context(), f.Target, moderatorOf(r), note, v.now); err != nil {
		return err
	}
	http.Redirect(w, r, path+"?notice=deleted", http.StatusSeeOther)
	return nil
}
