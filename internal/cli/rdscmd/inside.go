package rdscmd

import (
	"context"
	"slices"
	"time"

	"cruddur/internal/cli/guard"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/rds"
)

// insideRDS reads the roles of the production database, for rds audit.
type insideRDS struct{ p *group }

// Inspect connects as the application does and reads the roles.
func (i *insideRDS) Inspect(ctx context.Context) (*rds.DatabaseFacts, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	admin, stop, err := guard.Resolve(ctx, i.p.Program, guard.Named{Prod: true}, "audit", &terminal.Output{Out: i.p.Stdout, Err: i.p.Stderr, Quiet: true})
	if err != nil {
		return nil, err
	}
	defer stop()
	roles, err := admin.Roles(ctx)
	if err != nil {
		return nil, err
	}
	facts := &rds.DatabaseFacts{}
	for _, r := range roles {
		switch {
		case !r.Login:
		case r.Superuser || slices.Contains(r.MemberOf, "rds_superuser"):
			facts.Superusers = append(facts.Superusers, r.Name)
		default:
			if r.Kind == "may change the schema" {
				facts.SchemaChangers = append(facts.SchemaChangers, r.Name)
			}
			if r.ValidUntil == nil && !slices.Contains(r.MemberOf, "rds_iam") {
				facts.NoExpiry = append(facts.NoExpiry, r.Name)
			}
		}
	}
	return facts, nil
}
