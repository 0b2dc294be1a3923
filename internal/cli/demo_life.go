package cli

import (
	"context"
	"strings"
	"time"

	"cruddur"
)

// demoLife is what the demo shows beside the sample data: pictures, and what others do with the cruds of the new demo
// member.
type demoLife struct {
	*service
	now     time.Time
	members map[string]cruddur.UUID // of the sample data, and the demo member
}

// all brings the demo to life. It is called once, for a new demo member.
func (d *demoLife) all(ctx context.Context) error {
	for _, part := range []func(context.Context) error{d.following, d.messages, d.echo, d.pictures} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// member returns a member of the demo. Others, who may have the same handles in a database that is not new, are left
// alone: ok is false.
func (d *demoLife) member(ctx context.Context, handle string) (id cruddur.UUID, ok bool, err error) {
	if id, ok := d.members[handle]; ok {
		return id, !id.IsZero(), nil
	}
	p, err := d.db.Profile(ctx, handle, d.now)
	if err == nil && handle != "demo" {
		var u cruddur.User
		if u, err = d.db.User(ctx, p.UUID); err == nil && !strings.HasPrefix(u.Subject, "seed:") {
			p = cruddur.Profile{}
		}
	}
	if err != nil && cruddur.KindOf(err) != cruddur.KindNotFound {
		return id, false, err
	}
	d.members[handle] = p.UUID
	return p.UUID, !p.UUID.IsZero(), nil
}

// drawing is a picture and what it shows.
type drawing struct {
	draw func(w, h int) canvas
	alt  string
}

func seasons() (out []drawing) {
	for n, alt := range []string{
		"A drawing: a green hill in spring, with one tree in pink blossom under a pale sky.",
		"The same hill in summer: the tree is dark green, the sky deep blue.",
		"The same hill in autumn: brown grass, an orange tree, a low warm light.",
		"The same hill in winter: everything is white, and it snows.",
	} {
		out = append(out, drawing{func(w, h int) canvas { return season(w, h, n) }, alt})
	}
	return out
}

// demoPictures are the cruds of the demo that show pictures.
var demoPictures = []struct {
	handle, message string
	ttl             cruddur.TTL
	age             time.Duration
	drawings        []drawing
}{
	{"kaito", "灯台から見る朝はいつも少し早い。 Drew the tower before the light went off.", "1-day", 6 * time.Minute, []drawing{
		{lighthouse, "A drawing: a white lighthouse with a red band on a dark headland before sunrise. Its beam goes left over a violet sea."},
	}},
	{"oldmap", "One hill, one tree, four times a year. The map has not changed at all. #fieldwork", "7-days", 33 * time.Minute, seasons()},
	{"sofus", "What I can see: this. What I know is there: a harbour, two ferries and the buoy.", "12-hours", 72 * time.Minute, []drawing{
		{boatInFog, "A drawing: a small boat with a pale sail, alone in grey fog on a grey sea."},
	}},
	{"petrichor", "Seven days of rain, gauge 7, in millimetres. The frog says it was more. #rain", "3-days", 3*time.Hour + 20*time.Minute, []drawing{
		{rainChart, "A bar chart of rain by day: 2, 0, 5, 12, 8, 3 and 1 millimetres."},
	}},
	{"moss", "Bean inventory, complete. Number nine is a button, we think.", "7-days", 7*time.Hour + 30*time.Minute, []drawing{
		{beans, "A drawing: twelve round beans in three rows, in brown, blue, yellow, green and purple."},
	}},
}

// demoFaces are the avatars and banners of the demo. The others keep their letter.
var demoFaces = []struct {
	handle string
	kind   cruddur.PictureKind
	draw   func(w, h int) canvas
}{
	{"nour", cruddur.Avatar, nightBus},
	{"nour", cruddur.Banner, skyline},
	{"ines_bakes", cruddur.Avatar, loaf},
	{"kaito", cruddur.Avatar, lighthouse},
	{"kaito", cruddur.Banner, lighthouse},
	{"petrichor", cruddur.Avatar, drop},
	{"oldmap", cruddur.Avatar, contours},
	{"moss", cruddur.Avatar, beans},
}

// pictures draws and posts the pictures.
func (d *demoLife) pictures(ctx context.Context) error {
	for _, f := range demoFaces {
		id, ok, err := d.member(ctx, f.handle)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		w, h := 240, 240
		if f.kind == cruddur.Banner {
			w, h = 840, 280
		}
		file, err := f.draw(w, h).file()
		if err == nil {
			_, err = d.service.pictures.SetFace(ctx, file, id, f.kind, d.now)
		}
		if err != nil {
			return err
		}
	}
	for _, p := range demoPictures {
		id, ok, err := d.member(ctx, p.handle)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		at := d.now.Add(-p.age)
		var ids []cruddur.UUID
		for _, drawing := range p.drawings {
			file, err := drawing.draw(720, 480).file()
			if err != nil {
				return err
			}
			made, err := d.service.pictures.Upload(ctx, file, id, cruddur.CrudPicture, drawing.alt, at)
			if err != nil {
				return err
			}
			ids = append(ids, made.UUID)
		}
		if _, err := d.db.CreateWith(ctx, id, cruddur.Draft{Message: p.message, TTL: p.ttl, Pictures: ids}, at); err != nil {
			return err
		}
	}
	return nil
}

// echo lets the new demo member say something, and others answer it, like it, pass it on and follow: the
// notifications are not empty.
func (d *demoLife) echo(ctx context.Context) error {
	demo, ok, err := d.member(ctx, "demo")
	if err != nil || !ok {
		return err
	}
	said, err := d.db.CreateActivity(ctx, demo, "First day here. I have lost five gloves and found one night bus. #nightbus", "7-days", d.now.Add(-2*time.Hour))
	if err != nil {
		return err
	}
	acts := []struct {
		handle string
		age    time.Duration
		do     func(member cruddur.UUID, at time.Time) error
	}{
		{"bram", 100 * time.Minute, d.likes(ctx, said)},
		{"adaeze", 80 * time.Minute, d.likes(ctx, said)},
		{"ines_bakes", 75 * time.Minute, d.likes(ctx, said)},
		{"nour", 64 * time.Minute, func(u cruddur.UUID, at time.Time) error {
			_, err := d.db.Reply(ctx, u, said.UUID, "", "Four of them are on my dashboard. The fifth is a mitten, and it is not yours.", "", at)
			return err
		}},
		{"zadie", 50 * time.Minute, func(u cruddur.UUID, at time.Time) error {
			_, err := d.db.Repost(ctx, u, said.UUID, true, at)
			return err
		}},
		{"petrichor", 41 * time.Minute, d.likes(ctx, said)},
		{"adaeze", 15 * time.Minute, func(u cruddur.UUID, at time.Time) error {
			_, err := d.db.CreateActivity(ctx, u, "@demo we have a box of right hands here. The class wants to know where the left ones went.", "1-day", at)
			return err
		}},
		{"nour", 12 * time.Minute, d.follows(ctx, demo)},
		{"moss", 9 * time.Minute, d.follows(ctx, demo)},
	}
	for _, a := range acts {
		id, ok, err := d.member(ctx, a.handle)
		if err == nil && ok {
			err = a.do(id, d.now.Add(-a.age))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *demoLife) likes(ctx context.Context, a cruddur.Activity) func(cruddur.UUID, time.Time) error {
	return func(u cruddur.UUID, at time.Time) error {
		_, err := d.db.Like(ctx, u, a.UUID, true, at)
		return err
	}
}

func (d *demoLife) follows(ctx context.Context, followed cruddur.UUID) func(cruddur.UUID, time.Time) error {
	return func(u cruddur.UUID, at time.Time) error { return d.db.Follow(ctx, u, followed, true, at) }
}
