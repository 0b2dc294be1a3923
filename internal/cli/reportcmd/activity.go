package reportcmd

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cruddur"
	"cruddur/internal/cli/terminal"
)

func (p *group) showActivityCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show UUID",
		Short: "Show a crud or a reply that can be seen",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := parse("crud", args[0])
			if err != nil {
				return err
			}
			return p.with(cmd, func(ctx context.Context, d *desk) error {
				a, err := d.db.Activity(ctx, id, d.now)
				if err != nil {
					return absent(err, "there is no crud "+id.String()+", or it has ended, or a suspension hides it")
				}
				return d.showActivity(&a)
			})
		},
	}
	cmd.Flags().Bool("json", false, "print one JSON document")
	return cmd
}

func (d *desk) showActivity(a *cruddur.Activity) error {
	doc := map[string]any{
		"uuid": a.UUID.String(), "handle": a.Handle, "display_name": a.DisplayName, "message": a.Message, "content_warning": nil,
		"reply_to_activity_uuid": nil, "replies_count": a.RepliesCount, "reposts_count": a.RepostsCount, "likes_count": a.LikesCount,
		"created_at": a.CreatedAt.UTC(), "expires_at": a.ExpiresAt.UTC(),
	}
	t := &terminal.Table{Columns: []terminal.Column{{Title: "WHAT"}, {Title: "TEXT", Least: 20}}}
	t.Add("crud", a.UUID.String())
	t.Add("by", "@"+a.Handle+" ("+a.DisplayName+")")
	if !a.ReplyTo.IsZero() {
		doc["reply_to_activity_uuid"] = a.ReplyTo.String()
		t.Add("replies to", a.ReplyTo.String())
	}
	if a.Warning != "" {
		doc["content_warning"] = a.Warning
		t.Add("content warning", a.Warning)
	}
	t.Add("text", a.Message)
	pictures := []any{}
	for _, p := range a.Pictures {
		pictures = append(pictures, map[string]any{"uuid": p.UUID.String(), "alt": p.Alt})
		t.Add("picture", p.Alt)
	}
	doc["pictures"] = pictures
	t.Add("written", terminal.When(&a.CreatedAt))
	t.Add("ends", terminal.When(&a.ExpiresAt))
	t.Add("replies", fmt.Sprint(a.RepliesCount))
	return d.out.Print(doc, t)
}

func (p *group) deleteActivityCommand() *cobra.Command {
	var confirm string
	cmd := &cobra.Command{
		Use:   "delete UUID",
		Short: "Delete a crud or a reply, with every reply to it",
		Long: strings.TrimSpace(`
Delete a crud or a reply, with every reply to it, also one that a suspension hides. The audit log keeps that it
was deleted. This cannot be undone, so the handle of its author must be typed, or given with --confirm if there is
no terminal.`),
		Args: cobra.ExactArgs(1),
	}
	why := note(cmd)
	cmd.Flags().StringVar(&confirm, "confirm", "", "the handle of the author, instead of typing it")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id, err := parse("crud", args[0])
		if err != nil {
			return err
		}
		text, err := why()
		if err != nil {
			return err
		}
		return p.with(cmd, func(ctx context.Context, d *desk) error {
			none := "there is no crud " + id.String() + ", or it has ended"
			handle, replies, err := d.db.Moderated(ctx, id, d.now)
			if err != nil {
				return absent(err, none)
			}
			question := fmt.Sprintf("This deletes a crud by @%s for good, with %s to it.", handle, count(replies, "reply", "replies"))
			if err := d.sure(ctx, handle, confirm, question, "the crud was not deleted"); err != nil {
				return err
			}
			replies, err = d.db.DeleteActivityBy(ctx, id, cruddur.AtCommandLine, text, time.Now().UTC())
			if err = absent(err, none); err == nil {
				d.out.Say("The crud by @%s is deleted, with %s to it.", handle, count(replies, "reply", "replies"))
			}
			return err
		})
	}
	return cmd
}
