package usercmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/identity/cognito"
)

// syncCommand adds the rows of members whom Cognito has confirmed and the Lambda function has not stored.
func (p *group) syncCommand() *cobra.Command {
	var dryRun, asJSON, all bool
	c := &cobra.Command{
		Use:   "sync",
		Short: "Add the missing member rows of the Cognito pool's confirmed users",
		Long: strings.TrimSpace(`
Read all users of the pool of AWS_COGNITO_USER_POOL_ID, and store the confirmed ones that are missing in the
database: either the post-confirmation function failed for them, or an administrator created them, and then
Cognito calls no function. An existing member gets the address that the pool has verified, even if another
member has that address without having verified it. Nothing else is changed, so it is safe to run at any time.

It needs AWS credentials that allow cognito-idp:ListUsers. With --dry-run the exit code is 5 if rows are
missing or would change; it is 1 if a member could not be stored.`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o := p.NewOutput("auto")
			o.JSON = asJSON
			return p.sync(cmd.Context(), o, dryRun, all)
		},
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "change nothing; list the rows that are missing or would change")
	c.Flags().BoolVar(&all, "all", false, "also list users whose row exists, and users that are not confirmed")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON document instead of a table")
	return c
}

func (p *group) sync(ctx context.Context, o *terminal.Output, dryRun, all bool) error {
	chosen, err := p.UsesCognito()
	if err != nil {
		return err
	}
	if !chosen {
		return command.Exit(command.ExitUsage, errors.New("AWS_COGNITO_USER_POOL_ID is not set: this database keeps the accounts itself, and no row can be missing"))
	}
	db, end, err := p.ReadyDatabase(ctx, true)
	if err != nil {
		return err
	}
	defer end()
	provider, err := p.CognitoIdentity(ctx, db.DB, nil, db.Log, "")
	if err != nil {
		return err
	}
	t := &terminal.Table{
		Columns: []terminal.Column{{Title: "ACTION"}, {Title: "SUBJECT"}, {Title: "STATUS"}, {Title: "HANDLE", Least: 8}, {Title: "ERROR", Least: 20, Drop: 1}},
		Empty:   "no row is missing",
	}
	lines := []cognito.SyncLine{}
	report, err := provider.Sync(ctx, dryRun, time.Now(), func(l cognito.SyncLine) {
		if all || l.Action == cognito.SyncInserted || l.Action == cognito.SyncUpdated || l.Action == cognito.SyncFailed {
			lines = append(lines, l)
			t.Add(string(l.Action), l.Subject, l.Status, l.Handle, l.Error)
		}
	})
	if err != nil {
		o.Say("stopped after %d users, of whom %d were inserted and %d updated; it can be run again", report.Users, report.Inserted, report.Updated)
		return err
	}
	if err := o.Print(map[string]any{"report": report, "dry_run": dryRun, "users": lines}, t); err != nil {
		return err
	}
	return syncResult(o, report, dryRun)
}

func syncResult(o *terminal.Output, r cognito.SyncReport, dryRun bool) error {
	inserted, updated := "inserted", "with a newly verified address"
	if dryRun {
		inserted, updated = "missing", "whose verified address is not stored yet"
	}
	addresses := ""
	if r.Updated > 0 {
		addresses = fmt.Sprintf(", %d %s", r.Updated, updated)
	}
	o.Say("%d users: %d present, %d %s, %d not confirmed or disabled, %d failed%s", r.Users, r.Present, r.Inserted, inserted, r.Skipped, r.Failed, addresses)
	switch {
	case r.Failed > 0:
		return command.Exit(command.ExitFailed, fmt.Errorf("%d members could not be stored", r.Failed))
	case dryRun && r.Inserted+r.Updated > 0:
		return command.Exit(command.ExitPending, nil)
	default:
		return nil
	}
}
