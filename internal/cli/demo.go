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
		return errors.Join(s.demoFollows(ctx, now), s.demoMessages(ctx, now))
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

// demoFollows lets the new demo member follow some of the sample data's, so that their feed is not empty.
func (s *service) demoFollows(ctx context.Context, now time.Time) error {
	demo, err := s.db.Profile(ctx, "demo", now)
	if err != nil {
		return err
	}
	for _, handle := range []string{"nour", "ines_bakes", "bram", "kaito"} {
		p, err := s.db.Profile(ctx, handle, now)
		if cruddur.KindOf(err) == cruddur.KindNotFound {
			continue // a member of the same name has been suspended
		}
		if err == nil {
			err = s.db.Follow(ctx, demo.UUID, p.UUID, true, now)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// demoMessages gives the new demo member two conversations, and a request by somebody whom they do not follow.
func (s *service) demoMessages(ctx context.Context, now time.Time) error {
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
		var ids [2]cruddur.UUID
		for i, handle := range []string{m.from, m.to} {
			p, err := s.db.Profile(ctx, handle, now)
			if err != nil && cruddur.KindOf(err) != cruddur.KindNotFound {
				return err
			}
			ids[i] = p.UUID
		}
		if ids[0].IsZero() || ids[1].IsZero() {
			continue // a member of the same name has been suspended
		}
		if _, err := s.db.SendTo(ctx, ids[0], ids[1], "", m.text, now.Add(-m.age)); err != nil && cruddur.KindOf(err) != cruddur.KindNotFound {
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
