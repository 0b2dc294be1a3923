package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/identity/local"
)

// demoEmail is the account that serve --demo makes.
const demoEmail = "demo@example.com"

// demo puts in a world to look at, and makes a member to look around with, by a password that nobody has
// known before.
func (s *service) demo(ctx context.Context, provider *local.Provider) error {
	if !s.db.private() {
		return exitWith(exitRefused, errors.New("--demo is for the private database; a foreign one is not filled with examples"))
	}
	now := time.Now().UTC()
	if _, err := s.db.Seed(ctx, now); err != nil {
		return fmt.Errorf("put in the demo world: %w", err)
	}
	password := local.RandomPassword()
	err := provider.Create(ctx, identity.SignUp{Name: "Demo", Email: demoEmail, Handle: "demo", Password: password}, now)
	if err != nil && cruddur.KindOf(err) == cruddur.KindConflict {
		fmt.Fprintf(s.stderr, "Demo member: %s, whose password was printed when it was made\n", demoEmail)
		return nil
	}
	if err != nil {
		return fmt.Errorf("make the demo member: %w", err)
	}
	fmt.Fprintf(s.stderr, "Demo member: sign in as %s with the password %s\n", demoEmail, password)
	return nil
}
