package api

import (
	"context"
	"io"

	"cruddur"
	"cruddur/internal/export"
	"cruddur/internal/identity"
	"cruddur/internal/postgres"
	"cruddur/internal/ratelimit"
	"cruddur/internal/request"
)

// profile returns the member that the path names. If the name cannot be a handle, the database is not asked.
func (c *call) profile() (cruddur.Profile, error) {
	handle := c.r.PathValue("handle")
	if !couldBeHandle(handle) {
		return cruddur.Profile{}, cruddur.NewError(cruddur.KindNotFound)
	}
	return c.Store.Profile(c.r.Context(), handle, c.now)
}

// couldBeHandle reports whether a name is short and plain enough for a handle.
func couldBeHandle(name string) bool {
	for i := range len(name) {
		if b := name[i]; b <= ' ' || b > '~' {
			return false
		}
	}
	return len(name) <= cruddur.MaxHandle
}

func (c *call) getMember() error {
	page, err := c.page(cruddur.ProfilePageSize)
	if err != nil {
		return err
	}
	page.limit = min(page.limit, page.usual)
	p, err := c.profile()
	if err != nil {
		return err
	}
	list, err := c.Store.ActivitiesOf(c.r.Context(), p.UUID, page.cursor, page.limit, c.now)
	if err != nil {
		return err
	}
	if list, err = c.marked(list); err != nil {
		return err
	}
	reader, err := c.reader()
	if err != nil {
		return err
	}
	tie, err := c.tie(reader, p.UUID)
	if err != nil {
		return err
	}
	c.linkActivities(page, list)
	return c.answer(func(b []byte) []byte {
		b = appendProfile(append(b, `{"profile":`...), &p, tie)
		b = appendActivities(append(b, `,"activities":`...), list)
		return append(b, '}')
	})
}

// getReplies answers a member's newest replies.
func (c *call) getReplies() error {
	page, err := c.page(cruddur.PageSize)
	if err != nil {
		return err
	}
	p, err := c.profile()
	if err != nil {
		return err
	}
	list, err := c.Store.RepliesOf(c.r.Context(), p.UUID, page.cursor, page.limit, c.now)
	if err != nil {
		return err
	}
	if list, err = c.marked(list); err != nil {
		return err
	}
	c.linkActivities(page, list)
	return c.answer(func(b []byte) []byte { return appendActivities(b, list) })
}

// getLiked answers what a member likes, the newest like first. Where the member has not opened their likes, they are
// for the member alone, and everybody else gets not_found.
func (c *call) getLiked() error {
	page, err := c.page(cruddur.PageSize)
	if err != nil {
		return err
	}
	p, err := c.profile()
	if err != nil {
		return err
	}
	reader, err := c.reader()
	if err != nil {
		return err
	}
	if !p.LikesPublic && reader != p.UUID {
		return cruddur.NewError(cruddur.KindNotFound)
	}
	list, err := c.Store.LikedBy(c.r.Context(), p.UUID, page.cursor, page.limit, c.now)
	if err != nil {
		return err
	}
	if list, err = c.marked(list); err != nil {
		return err
	}
	c.linkActivities(page, list)
	return c.answerPrivate(func(b []byte) []byte { return appendActivities(b, list) })
}

func (c *call) getShort() error {
	p, err := c.profile()
	if err != nil {
		return err
	}
	return c.answer(func(b []byte) []byte {
		b = appendUUID(append(b, `{"uuid":`...), p.UUID)
		b = appendString(append(b, `,"handle":`...), p.Handle)
		b = appendString(append(b, `,"display_name":`...), cruddur.ShownName(p.DisplayName, p.Handle))
		return append(b, '}')
	})
}

// updateProfile changes a member's name, bio and whether others see what they like; what was not sent stays unchanged,
// except the name, which must be sent.
func (c *call) updateProfile() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	var in struct {
		Bio         *string `json:"bio"`
		DisplayName *string `json:"display_name"`
		LikesPublic *bool   `json:"likes_public"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	name, nameErr := cruddur.CheckDisplayName(text(in.DisplayName))
	bio, bioErr := cruddur.CheckBio(text(in.Bio))
	if err := join(nameErr, bioErr); err != nil {
		return err
	}
	change := postgres.ProfileChange{DisplayName: &name, LikesPublic: in.LikesPublic}
	if in.Bio != nil {
		change.Bio = &bio
	}
	u, err = c.Store.UpdateProfile(c.r.Context(), u.UUID, change, c.now)
	if err != nil {
		return err
	}
	return c.answerPrivate(func(b []byte) []byte {
		return append(appendString(append(b, `{"handle":`...), u.Handle), '}')
	})
}

func (c *call) getMe() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	return c.answerPrivate(func(b []byte) []byte { return appendMe(b, &u) })
}

func (c *call) getExport() error {
	return c.export(".json", "application/json", (*export.Export).JSON)
}

func (c *call) getExportZIP() error {
	return c.export(".zip", "application/zip", (*export.Export).ZIP)
}

// export answers all that is kept about the member, while it is read.
func (c *call) export(extension, kind string, write func(*export.Export, context.Context, io.Writer) error) error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	if err := c.limitBy(ratelimit.Exports, u.UUID.String()); err != nil {
		return err
	}
	e, err := export.Begin(c.r.Context(), c.Store, c.Gallery, u.UUID, c.now)
	if err != nil {
		return err
	}
	e.Answer(c.w, c.r, "cruddur-"+u.Handle+extension, kind, write, c.Log.With("request", request.ID(c.r.Context())))
	return nil
}

// deleteMe deletes the account. A token may have been stolen, so the password is required again.
func (c *call) deleteMe() error {
	u, err := c.viewer()
	if err != nil {
		return err
	}
	var in struct {
		Password *string `json:"password"`
	}
	if err := c.read(&in); err != nil {
		return err
	}
	if err := c.allow(identity.ActionDelete, identity.Who{Email: u.Email, Account: u.UUID}); err != nil {
		return err
	}
	if err := c.Identity.Delete(c.r.Context(), u.Email, text(in.Password), c.now); err != nil {
		return err
	}
	return c.answerNothing()
}
