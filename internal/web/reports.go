package web

import (
	"context"
	"html/template"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cruddur"
	"cruddur/internal/lang"
	"cruddur/internal/request"
)

// Reporting is the part of the Store with which members report something.
type Reporting interface {
	Report(ctx context.Context, r cruddur.NewReport, now time.Time) (added bool, err error)
	MessageTo(ctx context.Context, viewer, id cruddur.UUID, now time.Time) (cruddur.PrivateMessage, error)
}

// reasonLabels are what a form says of the reasons.
var reasonLabels = map[cruddur.Reason]string{
	cruddur.Spam:        "Spam or advertising",
	cruddur.Abuse:       "Insults, threats or harassment",
	cruddur.Illegal:     "It is against the law",
	cruddur.OtherReason: "Something else",
}

// reported is what the address of a report names.
type reported struct {
	kind     cruddur.TargetKind
	id       cruddur.UUID
	author   cruddur.UUID
	handle   string
	title    string
	quote    template.HTML
	path     string // of the thing; the report's is path + "/report", unless action is set
	action   string
	pictures []cruddur.Picture
}

// finder finds what the address of a report names.
type finder func(*http.Request) (reported, error)

// crudToReport is the crud or reply that the address names.
func (s *site) crudToReport(r *http.Request) (reported, error) {
	a, err := s.activityAt(r)
	if err != nil {
		return reported{}, err
	}
	l, title := visitOf(r).lang, ""
	if a.ReplyTo.IsZero() {
		title = l.Text("Report a crud of @{handle}", "handle", a.Handle)
	} else {
		title = l.Text("Report a reply of @{handle}", "handle", a.Handle)
	}
	return reported{
		kind: cruddur.ActivityTarget, id: a.UUID, author: a.UserUUID, handle: a.Handle, title: title,
		quote: linkify(a.Message), path: string(crudPath(a.Handle, a.UUID.String())), pictures: a.Pictures,
	}, nil
}

// memberToReport is the member that the address names.
func (s *site) memberToReport(r *http.Request) (reported, error) {
	p, err := s.profileAt(r)
	return reported{
		kind: cruddur.MemberTarget, id: p.UUID, author: p.UUID, handle: p.Handle, title: visitOf(r).lang.Text("Report @{handle}", "handle", p.Handle),
		path: string(profilePath(p.Handle)), pictures: p.Pictures(),
	}, err
}

// messageToReport is the message that the address names, in the conversation with the member that it names.
func (s *site) messageToReport(r *http.Request) (reported, error) {
	v := visitOf(r)
	handle, err := handleAt(r)
	if err != nil {
		return reported{}, err
	}
	id, err := cruddur.ParseUUID(r.PathValue("uuid"))
	if err != nil {
		return reported{}, err
	}
	m, err := s.Store.MessageTo(r.Context(), v.viewer.UUID, id, v.now)
	if err == nil && !strings.EqualFold(m.Handle, handle) {
		err = cruddur.NewError(cruddur.KindNotFound)
	}
	path := privatePath(m.Handle)
	return reported{
		kind: cruddur.MessageTarget, id: m.UUID, author: m.UserUUID, handle: m.Handle, title: v.lang.Text("Report a message of @{handle}", "handle", m.Handle),
		quote: linkifyPrivate(m.Message), path: path, action: path + "/report/" + id.String(),
	}, err
}

// toReport returns what the address names, if it is not the viewer's own.
func toReport(r *http.Request, find finder) (reported, error) {
	v := visitOf(r)
	if v.viewer == nil {
		return reported{}, cruddur.NewError(cruddur.KindUnauthenticated)
	}
	what, err := find(r)
	if err == nil && what.author == v.viewer.UUID {
		err = cruddur.NewError(cruddur.KindNotFound)
	}
	if what.action == "" {
		what.action = what.path + "/report"
	}
	return what, err
}

// reportForm asks why something is reported.
func (s *site) reportForm(find finder) func(*http.Request, *entry) (view, error) {
	return func(r *http.Request, e *entry) (view, error) {
		what, err := toReport(r, find)
		if err != nil {
			return nil, err
		}
		l := visitOf(r).lang
		var reasons []choice
		for _, reason := range cruddur.Reasons {
			reasons = append(reasons, choice{string(reason), reasonLabels[reason], false})
		}
		return &formView{
			page:  page{Title: what.title, NoIndex: true},
			Lead:  l.Text("The moderators get a copy of it with your words, and see that they come from you. @{handle} does not learn of it.", "handle", what.handle),
			Quote: what.quote,
			Form: form{
				Action: what.action, Submit: "Report", Cancel: what.path,
				Fields: []field{
					{Name: "reason", Label: "What is wrong with it?", Type: "radio", Choices: reasons},
					{Name: "words", Label: "In your words", Type: "area", Optional: true, Hint: l.Count("At most {n} characters.", cruddur.MaxReportWords)},
				},
			}.with(e),
		}, nil
	}
}

func (s *site) postReport(find finder) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		what, err := toReport(r, find)
		if err != nil {
			return err
		}
		v := visitOf(r)
		n := cruddur.NewReport{Reporter: v.viewer.UUID, Kind: what.kind, Target: what.id}
		if n.Reason, err = cruddur.ParseReason(r.PostForm.Get("reason")); err != nil {
			return err
		}
		if n.Words, err = cruddur.CheckReportWords(r.PostForm.Get("words")); err != nil {
			return err
		}
		if n.Copies, err = s.Gallery.Copies(r.Context(), what.pictures); err != nil { // the report is worth more than its pictures
			s.Log.WarnContext(r.Context(), "a report lacks pictures", "request", request.ID(r.Context()), "error", err)
		}
		if _, err := s.Store.Report(r.Context(), n, v.now); err != nil {
			return err
		}
		http.Redirect(w, r, "/reported?"+url.Values{"about": {what.handle}}.Encode(), http.StatusSeeOther)
		return nil
	}
}

// reportedView thanks for a report, and says what happens next.
type reportedView struct {
	page
	Handle string // of the member whom it is about, or ""
	Path   template.URL
}

func (*reportedView) template() string { return "reported" }

func (s *site) getReported(w http.ResponseWriter, r *http.Request) error {
	v := &reportedView{page: page{Title: "Thank you"}}
	if handle, err := cruddur.CheckHandle(r.URL.Query().Get("about")); err == nil {
		v.Handle, v.Path = handle, profilePath(handle)
	}
	s.render(w, r, http.StatusOK, v)
	return nil
}

// reasonsText lists reasons in a language.
func reasonsText(l *lang.Language, reasons []cruddur.Reason) string {
	var texts []string
	for _, r := range cruddur.Reasons {
		for _, given := range reasons {
			if r == given {
				texts = append(texts, l.Text(reasonLabels[r]))
			}
		}
	}
	return strings.Join(texts, " · ")
}
