package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"time"

	"cruddur"
	"cruddur/internal/cli/command"
	"cruddur/internal/dbadmin"
	"cruddur/internal/identity"
	"cruddur/internal/identity/local"
)

// demoEmail is the e-mail address of the member that serve --demo makes.
const demoEmail = "demo@example.com"

// demoPassword is kept, so that each start with --demo can print it.
var demoPassword = keptSecret{
	name: "demo-password",
	form: regexp.MustCompile(`^[a-z2-7]{5}(-[a-z2-7]{5}){3}$`),
	make: local.RandomPassword,
}

// demo makes a member for trying the server out, with a random password.
func (s *service) demo(ctx context.Context, provider *local.Provider) error {
	if !s.db.Private() {
		return command.Exit(command.ExitRefused, errors.New("--demo is for the private database; a foreign one is not filled with examples"))
	}
	if err := s.demoWorld(ctx); err != nil {
		return err
	}
	dir := s.db.Dir()
	password, err := demoPassword.in(dir)
	if err != nil {
		s.log.Warn("the password of the demo member cannot be kept, so the next start cannot print it", "dir", dir, "err", err)
	}
	s.demoMember = fmt.Sprintf("Demo member: sign in as %s with the password %s", demoEmail, password)
	now := time.Now().UTC()
	err = provider.Create(ctx, identity.SignUp{Name: "Demo", Email: demoEmail, Handle: "demo", Password: password}, now)
	if err == nil {
		d := &demoLife{service: s, now: now, members: map[string]cruddur.UUID{}}
		return d.all(ctx)
	}
	if cruddur.KindOf(err) != cruddur.KindConflict {
		return err
	}
	if ok, err := provider.HasPassword(ctx, demoEmail, password, now); err != nil {
		return fmt.Errorf("the demo member's password: %w", err)
	} else if !ok {
		s.demoMember = fmt.Sprintf("Demo member: %s, with a password of its own (forgotten? \"%s user password demo\" prints a code for a new one)", demoEmail, os.Args[0])
	}
	return nil
}

// following lets the new demo member follow some of the sample data's, so that their feed is not empty.
func (d *demoLife) following(ctx context.Context) error {
	demo, ok, err := d.member(ctx, "demo")
	if err != nil || !ok {
		return err
	}
	for _, handle := range []string{"nour", "ines_bakes", "bram", "kaito"} {
		id, ok, err := d.member(ctx, handle)
		if err == nil && ok {
			err = d.db.Follow(ctx, demo, id, true, d.now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// messages gives the new demo member two conversations, and a request by somebody whom they do not follow.
func (d *demoLife) messages(ctx context.Context) error {
	for _, m := range []struct {
		from, to, text string
		age            time.Duration
	}{
		{"nour", "demo", "You left a glove on the last bus. The left one, of course.", 3 * time.Hour},
		{"demo", "nour", "That makes five. Keep it warm for me?", 2 * time.Hour},
		{"nour", "demo", "Front seat, next to the poem. I pass at 5:40.", 40 * time.Minute},
		{"demo", "ines_bakes", "Is the back door open tomorrow?", 26 * time.Hour},
		{"ines_bakes", "demo", "From four until six. Bring a bag, the seeded one is heavy.", 25 * time.Hour},
		{"sofus", "demo", "Somebody said that you know about buckets. I have found a blue one.", 20 * time.Minute},
	} {
		from, sender, err := d.member(ctx, m.from)
		if err != nil {
			return err
		}
		to, receiver, err := d.member(ctx, m.to)
		if err != nil {
			return err
		}
		if !sender || !receiver {
			continue
		}
		if _, err := d.db.SendTo(ctx, from, to, "", m.text, d.now.Add(-m.age)); err != nil && cruddur.KindOf(err) != cruddur.KindNotFound {
			return err
		}
	}
	return nil
}

// demoWorld inserts the sample data of "cruddur db seed".
func (s *service) demoWorld(ctx context.Context) error {
	target, err := dbadmin.NewTarget("private", "the private PostgreSQL", s.db.URL, "")
	if err != nil {
		return err
	}
	_, err = dbadmin.New(target, "").SeedFirst(ctx, time.Now().UTC())
	return err
}
