package web

import (
	"bytes"
	"html/template"
	"time"
	"unicode"

	"cruddur"
	"cruddur/internal/lang"
)

// card is one crud as a page shows it. The texts are made once here, because html/template is slow for each action.
type card struct {
	ID          string
	Position    int
	Path        template.URL // of the crud
	Author      template.URL
	DisplayName string
	Handle      string
	avatar
	lang        *lang.Language
	Message     template.HTML
	Warning     string // what is shown instead of the message and the pictures until the reader opens them, or ""
	Created     string // RFC 3339
	CreatedText string // how long ago that was
	Expires     string
	ExpiresText string
	LeftText    string // the countdown as it is now
	Left        int    // remaining life, in hundredths
	Own         bool   // the viewer's own: may be deleted
	Member      bool   // somebody is signed in: may answer, like and repost

	Replies, Reposts, Likes int32
	Liked, Reposted         bool
	Following               bool // the viewer follows the author

	Pictures []cruddur.Picture

	Mods     string // further classes of the card, each after a space
	Parent   string // handle of the author whom it answers, or "" if it is shown below that
	ParentAt template.URL
	By       string // who reposted it, if that is why it is here
	ByAt     template.URL
	ByMe     bool
	Onward   string // the class of the link to the rest of the thread, or ""
}

// avatar is a picture, or a letter on one of eight colours.
type avatar struct {
	Letter, Class string
	URL           string // of the picture, or ""
}

// of returns the avatar with the member's picture, if there is one. The colour is seen until it has come.
func (a avatar) of(picture cruddur.UUID) avatar {
	a.URL = cruddur.FacePath(picture, cruddur.Small)
	return a
}

// Face returns what the circle shows.
func (a avatar) Face() template.HTML { return written(a.writeFace) }

func (a avatar) writeFace(b *bytes.Buffer) {
	if a.URL == "" {
		escapeTo(b, a.Letter)
		return
	}
	b.WriteString(`<img src="`)
	escapeTo(b, a.URL)
	b.WriteString(`" alt="" width="40" height="40" loading="lazy">`)
}

func profilePath(handle string) template.URL { return template.URL("/@" + handle) }

func crudPath(handle, id string) template.URL {
	return template.URL("/@" + handle + "/status/" + id)
}

func cardOf(a *cruddur.Activity, position int, v *visit) card {
	id, name := a.UUID.String(), cruddur.ShownName(a.DisplayName, a.Handle)
	left := a.ExpiresAt.Sub(v.now)
	c := card{
		ID: id, Position: position, lang: v.lang,
		Path: crudPath(a.Handle, id), Author: profilePath(a.Handle),
		DisplayName: name, Handle: a.Handle, avatar: avatarOf(a.Handle, name).of(a.Avatar),
		Message: linkify(a.Message), Warning: a.Warning,
		Created: wire(a.CreatedAt), CreatedText: v.lang.Ago(v.now.Sub(a.CreatedAt)),
		Expires: wire(a.ExpiresAt), ExpiresText: v.lang.Date(a.ExpiresAt), LeftText: v.lang.Countdown(left),
		Left:   hundredths(a.CreatedAt, a.ExpiresAt, v.now),
		Member: v.viewer != nil, Own: v.viewer != nil && v.viewer.UUID == a.UserUUID,
		Replies: a.RepliesCount, Reposts: a.RepostsCount, Likes: a.LikesCount, Liked: a.Liked, Reposted: a.Reposted, Following: a.Following,
		Pictures: a.Pictures,
	}
	if left < warmAt {
		c.Mods = " warm"
	}
	if a.RepostedBy != "" {
		c.By, c.ByAt = cruddur.ShownName(a.RepostedByName, a.RepostedBy), profilePath(a.RepostedBy)
		if v.viewer != nil && v.viewer.Handle == a.RepostedBy {
			c.ByMe = true
		}
	}
	return c
}

// warmAt is the remaining life from which a crud's fuse warms; static/app.js has the same number.
const warmAt = time.Hour

// avatarOf picks the first letter or digit of a name that can be shown alone, and a colour that depends only on the
// handle.
func avatarOf(handle, name string) avatar {
	h := uint32(2166136261) // FNV-1a
	for i := range len(handle) {
		h = (h ^ uint32(handle[i])) * 16777619
	}
	class := avatarClasses[(h^h>>15)%uint32(len(avatarClasses))]
	for _, text := range []string{name, handle} {
		for _, r := range text {
			if unicode.IsLetter(r) || unicode.IsNumber(r) {
				return avatar{Letter: string(unicode.ToUpper(r)), Class: class}
			}
		}
	}
	return avatar{Letter: "#", Class: class}
}

var avatarClasses = [...]string{"av av0", "av av1", "av av2", "av av3", "av av4", "av av5", "av av6", "av av7"}
