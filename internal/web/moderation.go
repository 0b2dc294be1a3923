package web

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"cruddur"
	"cruddur/internal/lang"
)

// Moderation is the part of the Store with which moderators look after reports and members. It decides itself what a
// moderator may do, and about whom.
type Moderation interface {
	Cases(ctx context.Context, by cruddur.Moderator, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Case, error)
	CountCases(ctx context.Context, by cruddur.Moderator, now time.Time) (int, error)
	Case(ctx context.Context, by cruddur.Moderator, id cruddur.UUID, now time.Time) (cruddur.CaseFile, error)
	CasePicture(ctx context.Context, by cruddur.Moderator, id cruddur.UUID, position int, now time.Time) (b []byte, extension string, err error)
	CloseCase(ctx context.Context, by cruddur.Moderator, id cruddur.UUID, note string, now time.Time) error
	DeleteActivityBy(ctx context.Context, id cruddur.UUID, by cruddur.Moderator, note string, now time.Time) (int, error)
	SuspendBy(ctx context.Context, m cruddur.Member, by cruddur.Moderator, note string, now time.Time) error
	UnsuspendBy(ctx context.Context, m cruddur.Member, by cruddur.Moderator, note string, now time.Time) error
	SilenceBy(ctx context.Context, m cruddur.Member, by cruddur.Moderator, note string, now time.Time) error
	UnsilenceBy(ctx context.Context, m cruddur.Member, by cruddur.Moderator, note string, now time.Time) error
	NoteOn(ctx context.Context, m cruddur.Member, by cruddur.Moderator, note string, now time.Time) error
	FindMember(ctx context.Context, name string, now time.Time) (cruddur.Member, error)
	ActsOn(ctx context.Context, m cruddur.Member, limit int, now time.Time) ([]cruddur.Act, error)
	Acts(ctx context.Context, before cruddur.UUID, limit int, now time.Time) ([]cruddur.Act, error)
}

const (
	moderationPath = "/moderation"
	casesPath      = moderationPath + "/cases/"
	logPath        = moderationPath + "/log"
	membersPath    = moderationPath + "/members"
)

// moderatorOf returns who moderates; the route has admitted them.
func moderatorOf(r *http.Request) cruddur.Moderator { return cruddur.ModeratorOf(visitOf(r).viewer) }

// openCases is how many cases wait for a viewer, as text: "3", "99+", or "" if there is none or the viewer is no
// moderator.
func (s *site) openCases(r *http.Request) (string, error) {
	v := visitOf(r)
	if v.viewer.Role < cruddur.RoleModerator {
		return "", nil
	}
	n, err := s.Store.CountCases(r.Context(), moderatorOf(r), v.now)
	switch {
	case err != nil || n == 0:
		return "", err
	case n > 99:
		return "99+", nil
	default:
		return strconv.Itoa(n), nil
	}
}

func moderationTabs(here string) []tab {
	return []tab{{"Cases", moderationPath, here == moderationPath}, {"Members", membersPath, here == membersPath}, {"Log", logPath, here == logPath}}
}

// caseLine is a case in a list.
type caseLine struct {
	Path, What, Reasons, Excerpt string
	Reports                      string
	When, Ago                    string
}

// casesView lists the open cases.
type casesView struct {
	page
	Tabs   []tab
	Cases  []caseLine
	Older  string
	Newest bool
}

func (*casesView) template() string { return "cases" }

// whatText names what a case is about.
func whatText(l *lang.Language, c *cruddur.Case) string {
	switch c.Kind {
	case cruddur.ActivityTarget:
		return l.Text("A crud by @{handle}", "handle", c.Handle)
	case cruddur.MessageTarget:
		return l.Text("A private message of @{handle}", "handle", c.Handle)
	default:
		return "@" + c.Handle
	}
}

func (s *site) getCases(w http.ResponseWriter, r *http.Request) error {
	before, err := beforeOf(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	list, err := s.Store.Cases(r.Context(), moderatorOf(r), before, cruddur.PageSize, v.now)
	if err != nil {
		return err
	}
	view := &casesView{page: page{Title: "Moderation", Here: "moderation"}, Tabs: moderationTabs(moderationPath), Newest: before.IsZero()}
	for i := range list {
		c := &list[i]
		view.Cases = append(view.Cases, caseLine{
			Path: casesPath + c.UUID.String(), What: whatText(v.lang, c), Reasons: reasonsText(v.lang, c.Reasons), Excerpt: cruddur.Tidy(c.Excerpt),
			Reports: v.lang.Count("{n} reports", c.Reports), When: wire(c.OpenedAt), Ago: v.lang.Ago(v.now.Sub(c.OpenedAt)),
		})
	}
	if len(list) == cruddur.PageSize {
		view.Older = moderationPath + "?before=" + list[len(list)-1].UUID.String()
	}
	s.render(w, r, http.StatusOK, view)
	return nil
}

// getCasePicture serves a picture of a case. Nothing may keep it: its case may be closed at any moment.
func (s *site) getCasePicture(w http.ResponseWriter, r *http.Request) error {
	id, err := cruddur.ParseUUID(r.PathValue("uuid"))
	if err != nil {
		return err
	}
	name, extension, _ := strings.Cut(r.PathValue("file"), ".")
	position, err := strconv.Atoi(name)
	if err != nil || position < 0 || position >= cruddur.MaxPictures || strconv.Itoa(position) != name {
		return cruddur.NewError(cruddur.KindNotFound)
	}
	b, stored, err := s.Store.CasePicture(r.Context(), moderatorOf(r), id, position, visitOf(r).now)
	if err == nil && stored != extension {
		err = cruddur.NewError(cruddur.KindNotFound)
	}
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Content-Type", map[string]string{"jpg": "image/jpeg", "png": "image/png"}[stored])
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Robots-Tag", "noindex, noarchive")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
	return nil
}

// actLine is an entry of the audit log.
type actLine struct {
	Actor, Did, Target, Note string
	When, At                 string
}

// actTexts say what an entry of the audit log records.
var actTexts = map[string]string{
	cruddur.ActSuspend: "log: suspended", cruddur.ActUnsuspend: "log: ended the suspension of", cruddur.ActDeleteActivity: "log: deleted",
	cruddur.ActDeleteMember: "log: deleted the account of", cruddur.ActNote: "log: noted about", cruddur.ActCloseCase: "log: closed the case about",
	"role_member": "log: took the role from", "role_moderator": "log: made a moderator:", "role_operator": "log: made an operator:",
	"place_changed": "log: changed of this place:", "invitation_created": "log: made the invitation", "invitation_revoked": "log: withdrew the invitation",
	cruddur.ActSilence: "log: silenced", cruddur.ActUnsilence: "log: ended the silence of",
}

func actLines(v *visit, list []cruddur.Act) (out []actLine) {
	for _, a := range list {
		line := actLine{Actor: a.Actor, Did: a.Act, Target: a.Target, Note: a.Note, When: wire(a.CreatedAt), At: v.lang.Date(a.CreatedAt)}
		if text := actTexts[a.Act]; text != "" {
			line.Did = v.lang.Text(text)
		}
		if a.Actor == cruddur.CommandLine {
			line.Actor = v.lang.Text("the command line")
		}
		handle, rest, _ := strings.Cut(a.Target, " ")
		switch kind, _, _ := strings.Cut(rest, " "); kind {
		case "crud":
			line.Target = v.lang.Text("a crud of {handle}", "handle", handle)
		case "message":
			line.Target = v.lang.Text("a private message of {handle}", "handle", handle)
		}
		out = append(out, line)
	}
	return out
}

// logView shows the audit log.
type logView struct {
	page
	Tabs  []tab
	Acts  []actLine
	Older string
}

func (*logView) template() string { return "log" }

func (s *site) getLog(w http.ResponseWriter, r *http.Request) error {
	before, err := beforeOf(r)
	if err != nil {
		return err
	}
	v := visitOf(r)
	list, err := s.Store.Acts(r.Context(), before, cruddur.PageSize, v.now)
	if err != nil {
		return err
	}
	view := &logView{page: page{Title: "Log", Here: "moderation"}, Tabs: moderationTabs(logPath), Acts: actLines(v, list)}
	if len(list) == cruddur.PageSize {
		view.Older = logPath + "?before=" + list[len(list)-1].UUID.String()
	}
	s.render(w, r, http.StatusOK, view)
	return nil
}
