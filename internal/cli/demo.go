package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cruddur"
	"cruddur/internal/dbadmin"
	"cruddur/internal/identity"
	"cruddur/internal/identity/local"
)

// demoEmail is the account that serve --demo makes.
const demoEmail = "demo@example.com"

// demo makes a member to look around with, by a password that nobody has known before.
func (s *service) demo(ctx context.Context, provider *local.Provider) error {
	if !s.db.private() {
		return exitWith(exitRefused, errors.New("--demo is for the private database; a foreign one is not filled with examples"))
	}
	if err := s.demoWorld(ctx); err != nil {
		return err
	}
	password := local.RandomPassword()
	err := provider.Create(ctx, identity.SignUp{Name: "Demo", Email: demoEmail, Handle: "demo", Password: password}, time.Now().UTC())
	if err != nil && cruddur.KindOf(err) == cruddur.KindConflict {
		fmt.Fprintf(s.stderr, "Demo member: %s, whose password was printed when it was made (for a new one: cruddur user password demo)\n", demoEmail)
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the demo member: %w", err)
	}
	fmt.Fprintf(s.stderr, "Demo member: sign in as %s with the password %s\n", demoEmail, password)
	return nil
}

// demoWorld puts in what "cruddur db seed" does: something to look at.
func (s *service) demoWorld(ctx context.Context) error {
	target, err := dbadmin.NewTarget("private", "the private PostgreSQL", s.db.url, "")
	if err != nil {
		return err
	}
	_, err = dbadmin.New(target, "").SeedFirst(ctx, time.Now().UTC())
	return err
}
