package reportcmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cruddur"
	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
)

// page is how many cases are read at once.
const page = 100

func (p *group) listCommand() *cobra.Command {
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the open cases, the newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 0 {
				return command.Exit(command.ExitUsage, errors.New("--limit: want a number of cases, or 0 for all"))
			}
			return p.with(cmd, func(ctx context.Context, d *desk) error { return d.list(ctx, limit) })
		},
	}
	cmd.Flags().Bool("json", false, "print one JSON document")
	cmd.Flags().IntVar(&limit, "limit", 0, "list at most this many; 0: all")
	return cmd
}

func (d *desk) list(ctx context.Context, limit int) error {
	t := &terminal.Table{
		Columns: []terminal.Column{{Title: "CASE"}, {Title: "MEMBER"}, {Title: "WHAT"}, {Title: "REPORTS", Right: true}, {Title: "REASONS"}, {Title: "SINCE", Drop: 1}, {Title: "TEXT", Least: 12, Drop: 2}},
		Empty:   "No case is open.",
	}
	list := d.out.Stream("cases", t)
	for n, before := 0, (cruddur.UUID{}); ; {
		cases, err := d.db.Cases(ctx, cruddur.AtCommandLine, before, page, d.now)
		if err != nil {
			return err
		}
		last := len(cases) < page
		if limit > 0 {
			cases = cases[:min(len(cases), limit-n)]
		}
		for i := range cases {
			c := &cases[i]
			list.Add(document(c), c.UUID.String(), "@"+c.Handle, what(c.Kind), fmt.Sprint(c.Reports), reasons(c), terminal.When(&c.OpenedAt), c.Excerpt)
			before = c.UUID
		}
		if n += len(cases); last || limit > 0 && n >= limit {
			return list.End()
		}
		if err := list.Flush(); err != nil {
			return err
		}
	}
}

// what names a kind of target as people do.
func what(kind cruddur.TargetKind) string {
	if kind == cruddur.ActivityTarget {
		return "crud"
	}
	return string(kind)
}

func reasons(c *cruddur.Case) string {
	texts := make([]string, len(c.Reasons))
	for i, r := range c.Reasons {
		texts[i] = string(r)
	}
	return strings.Join(texts, ", ")
}

// document is a case in JSON.
func document(c *cruddur.Case) map[string]any {
	d := map[string]any{
		"uuid": c.UUID.String(), "kind": string(c.Kind), "target_uuid": c.Target.String(), "handle": c.Handle, "account_deleted": c.Member.IsZero(),
		"reports_count": c.Reports, "reasons": c.Reasons, "opened_at": c.OpenedAt.UTC(), "expires_at": c.ExpiresAt.UTC(),
	}
	if c.Reasons == nil {
		d["reasons"] = []string{}
	}
	return d
}

func (p *group) showCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show CASE",
		Short: "Show a case: the copy, who reported it, and what was done about the member",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := parse("case", args[0])
			if err != nil {
				return err
			}
			return p.with(cmd, func(ctx context.Context, d *desk) error {
				f, err := d.find(ctx, id)
				if err != nil {
					return err
				}
				return d.show(ctx, &f)
			})
		},
	}
	cmd.Flags().Bool("json", false, "print one JSON document")
	return cmd
}

func (d *desk) find(ctx context.Context, id cruddur.UUID) (cruddur.CaseFile, error) {
	f, err := d.db.Case(ctx, cruddur.AtCommandLine, id, d.now)
	return f, absent(err, "there is no open case "+id.String())
}

func (d *desk) show(ctx context.Context, f *cruddur.CaseFile) error {
	var acts []cruddur.Act
	if !f.Member.IsZero() {
		m, err := d.db.FindMember(ctx, f.Handle, d.now)
		if err == nil {
			acts, err = d.db.ActsOn(ctx, m, 20, d.now)
		}
		if err != nil {
			return err
		}
	}
	e := &f.Evidence
	doc := document(&f.Case)
	pictures := []any{}
	for _, p := range e.Pictures {
		pictures = append(pictures, map[string]any{"alt": p.Alt, "copied": p.Stored})
	}
	evidence := map[string]any{"display_name": e.DisplayName, "message": e.Message, "content_warning": nil, "written_at": e.WrittenAt.UTC(), "ends_at": nil, "pictures": pictures}
	facts := &terminal.Table{Columns: []terminal.Column{{Title: "WHAT"}, {Title: "TEXT", Least: 20}}}
	facts.Add("case", f.UUID.String())
	facts.Add("about", "@"+f.Handle+" ("+what(f.Kind)+" "+f.Target.String()+")")
	facts.Add("name", e.DisplayName)
	if e.Warning != "" {
		evidence["content_warning"] = e.Warning
		facts.Add("content warning", e.Warning)
	}
	facts.Add("text", e.Message)
	for _, p := range e.Pictures {
		facts.Add("picture", p.Alt)
	}
	facts.Add("written", terminal.When(&e.WrittenAt))
	if !e.EndsAt.IsZero() {
		evidence["ends_at"] = e.EndsAt.UTC()
		facts.Add("ends", terminal.When(&e.EndsAt))
	}
	facts.Add("kept until", terminal.When(&f.ExpiresAt))
	given := &terminal.Table{Columns: []terminal.Column{{Title: "REPORTED BY"}, {Title: "REASON"}, {Title: "AT"}, {Title: "WORDS", Least: 20}}, Empty: "Whoever reported it has left."}
	reports := []any{}
	for _, r := range f.Given {
		given.Add("@"+r.Handle, string(r.Reason), terminal.When(&r.CreatedAt), r.Words)
		reports = append(reports, map[string]any{"handle": r.Handle, "reason": r.Reason, "words": r.Words, "created_at": r.CreatedAt.UTC()})
	}
	done := &terminal.Table{Columns: []terminal.Column{{Title: "AT"}, {Title: "BY"}, {Title: "ACT"}, {Title: "NOTE", Least: 20}}, Empty: "Nothing was done about them so far."}
	log := []any{}
	for _, a := range acts {
		done.Add(terminal.When(&a.CreatedAt), a.Actor, a.Act, a.Note)
		log = append(log, map[string]any{"actor": a.Actor, "act": a.Act, "target": a.Target, "note": a.Note, "created_at": a.CreatedAt.UTC()})
	}
	doc["evidence"], doc["reports"], doc["acts"] = evidence, reports, log
	return d.out.Print(doc, facts, given, done)
}

func (p *group) closeCommand() *cobra.Command {
	var confirm string
	cmd := &cobra.Command{
		Use:   "close CASE",
		Short: "Close a case: delete the copy and the reports",
		Long: strings.TrimSpace(`
Close a case. The copy of what was reported and all reports of it are deleted at once; the audit log keeps that it
was closed. This cannot be undone, so the handle of the member must be typed, or given with --confirm if there is
no terminal.`),
		Args: cobra.ExactArgs(1),
	}
	why := note(cmd)
	cmd.Flags().StringVar(&confirm, "confirm", "", "the handle of the member, instead of typing it")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id, err := parse("case", args[0])
		if err != nil {
			return err
		}
		text, err := why()
		if err != nil {
			return err
		}
		return p.with(cmd, func(ctx context.Context, d *desk) error {
			f, err := d.find(ctx, id)
			if err != nil {
				return err
			}
			question := fmt.Sprintf("This deletes the copy of a %s by @%s, and %s, for good.", what(f.Kind), f.Handle, count(f.Reports, "report", "reports"))
			if err := d.sure(ctx, f.Handle, confirm, question, "the case was not closed"); err != nil {
				return err
			}
			err = d.db.CloseCase(ctx, cruddur.AtCommandLine, id, text, time.Now().UTC())
			if err = absent(err, "the case was closed meanwhile"); err == nil {
				d.out.Say("The case about @%s is closed.", f.Handle)
			}
			return err
		})
	}
	return cmd
}

// count is a number with its noun.
func count(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
