package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"cruddur"
)

// composeBox is the form for a new crud, or for a reply.
type composeBox struct {
	Action        string // where the form is sent
	Label         string
	Placeholder   string
	Submit        string
	To            string // handle of the author who is answered; "" for a crud
	Quote         string // the beginning of what is answered
	End, EndText  string // when the thread ends, with which a reply lives
	WithThread    bool   // that is chosen
	Message       string
	MessageError  string
	Warning       string // the content warning
	WarningError  string
	TTLError      string
	Banner        string
	SignIn        bool // the session ended while the form was open
	Most          int  // characters
	MostWarning   int  // characters of the content warning
	Presets       []preset
	Draft         string
	By            string // the member for whom the form was made
	Hidden        bool   // until the script knows who reads
	Avatar        avatar
	Given         []givenPicture // uploaded already
	PicturesError string
	Pictures      int  // how many more it may have
	Focus         bool // set on a page of its own or after an error: the text has the focus
}

// preset is one entry of the TTL picker.
type preset struct {
	cruddur.Preset
	Short    string // its length, as the countdown begins
	Seconds  int
	Selected bool
}

// composeView is the form on a page of its own.
type composeView struct {
	page
	Compose *composeBox
}

func (*composeView) template() string { return "compose" }

func composeBoxOf(v *visit, e *entry) *composeBox {
	u := v.viewer
	c := &composeBox{ // no avatar without a member
		Action: "/compose", Label: "Your crud", Placeholder: "What would you like to crud?", Submit: "Crud", Most: cruddur.MaxMessage, MostWarning: cruddur.MaxWarning,
	}
	chosen := cruddur.DefaultTTL
	if u != nil {
		c.By = u.UUID.String()
		c.Avatar = avatarOf(u.Handle, cruddur.ShownName(u.DisplayName, u.Handle)).of(u.Avatar)
		if u.DefaultTTL != "" {
			chosen = u.DefaultTTL
		}
	}
	if e != nil {
		c.Message = strings.ToValidUTF8(e.values.Get("message"), "\ufffd")
		c.Warning, c.WarningError = strings.ToValidUTF8(e.values.Get("content_warning"), "\ufffd"), e.errors["content_warning"]
		c.Draft = draftID(e.values.Get("draft"))
		if by, err := cruddur.ParseUUID(e.values.Get("by")); err == nil {
			c.By = by.String()
		}
		c.MessageError, c.TTLError, c.PicturesError, c.Banner = e.errors["message"], e.errors["ttl"], e.errors["pictures"], e.banner
		c.Given = given(e.values)
		c.SignIn, c.Focus = e.signIn, true
		if t, err := cruddur.ParseTTL(e.values.Get("ttl")); err == nil {
			chosen = t
		}
	}
	c.Pictures = max(0, cruddur.MaxPictures-len(c.Given))
	switch {
	case c.Draft != "":
	case e != nil: // the same answer for the same form
		sum := sha256.Sum256([]byte(c.Message))
		c.Draft = hex.EncodeToString(sum[:13])
	default:
		c.Draft = newDraft()
	}
	for _, p := range cruddur.Presets {
		c.Presets = append(c.Presets, preset{p, v.lang.Countdown(p.Duration), int(p.Duration.Seconds()), p.TTL == chosen})
	}
	return c
}

// composeForm returns the compose page with the typed text, whether the sender is signed in or not: nobody may lose
// their text because the session ended or the database became unreachable while they wrote.
func (s *site) composeForm(r *http.Request, e *entry) (view, error) {
	box := composeBoxOf(visitOf(r), e)
	box.Focus = true
	return &composeView{page{Title: "New crud", Here: "compose", Asks: true}, box}, nil
}

func (s *site) getCompose(w http.ResponseWriter, r *http.Request) error {
	v, err := s.composeForm(r, nil)
	if err != nil {
		return err
	}
	s.render(w, r, http.StatusOK, v)
	return nil
}

func (s *site) postActivity(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r)
	if err := v.wrote(r); err != nil {
		return err
	}
	if done, err := s.showsAgain(w, r, s.composeForm); done || err != nil {
		return err
	}
	pictures, sum, err := s.picturesOf(r)
	if err != nil {
		return err
	}
	message, err := cruddur.CheckMessage(r.PostFormValue("message"))
	if err != nil {
		return err
	}
	warning, err := cruddur.CheckWarning(r.PostFormValue("content_warning"))
	if err != nil {
		return err
	}
	var ttl cruddur.TTL // if none was sent, the member's default applies
	if r.PostForm.Has("ttl") {
		if ttl, err = cruddur.ParseTTL(r.PostFormValue("ttl")); err != nil {
			return err
		}
	}
	key := attempt(r.PostForm.Get("draft"), message+"\x00"+warning+sum, ttl)
	draft := cruddur.Draft{Message: message, Warning: warning, TTL: ttl, Pictures: pictures, Key: key}
	if _, err := s.Store.CreateWith(r.Context(), v.viewer.UUID, draft, v.now); err != nil && !v.sentAgain(err) {
		return err
	}
	if asksJSON(r) {
		return answerJSON(w, sentAnswer{Sent: true})
	}
	q := url.Values{"notice": {"posted"}}
	if id := draftID(r.PostFormValue("draft")); id != "" {
		q.Set("draft", id)
	}
	http.Redirect(w, r, "/?"+q.Encode(), http.StatusSeeOther)
	return nil
}

// wrote refuses a form that was made for another member: who is signed in here now is not its author. That happens if
// somebody else signed in in another tab, or before a text was sent that had waited for a connection.
func (v *visit) wrote(r *http.Request) error {
	if by := r.PostForm.Get("by"); by != "" && by != v.viewer.UUID.String() {
		return cruddur.NewError(cruddur.KindForbidden, "other_member")
	}
	return nil
}

// sentAnswer is what a script learns about a text that it has sent.
type sentAnswer struct {
	Sent  bool     `json:"sent"`
	Codes []string `json:"codes,omitempty"`
	Error string   `json:"error,omitempty"` // for the reader
}

// attempt returns the idempotency key of a form: the form's own id and its content. Sent again unchanged, by Back or
// by a second press, it counts once. With another text it is another crud, because no typed text may be lost.
func attempt(draft, message string, ttl cruddur.TTL) string {
	if draft = draftID(draft); draft == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(string(ttl) + "\x00" + message))
	return draft + "." + base64.RawURLEncoding.EncodeToString(sum[:12])
}

// newDraft returns an id for a form that is shown for the first time.
func newDraft() string { return strings.ToLower(rand.Text()) }

// draftID returns the id of a form, or "" if the value cannot be one.
func draftID(s string) string {
	if len(s) > 32 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return ""
	}
	return s
}
