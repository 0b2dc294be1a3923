package usercmd

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"cruddur"
	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/export"
	"cruddur/internal/writefile"
)

func (p *group) exportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "export MEMBER [FILE]",
		Short: "Write all that is a member's into a ZIP file",
		Long: strings.TrimSpace(`
Write all that is a member's into a ZIP file, with the pictures, as the member's own settings do. A suspended
member cannot sign in to take it along; this includes what the suspension hides. Without FILE it is
cruddur-HANDLE.zip, and with - it goes to standard output.

If pictures are kept in Amazon S3, this needs CRUDDUR_PICTURES and the same credentials as the server. Pictures
that cannot be read are left out: pictures.json says which, and the exit code is 1.`),
		Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withAccounts(cmd, func(ctx context.Context, a *accounts) error {
				m, err := a.member(ctx, args[0])
				if err != nil {
					return err
				}
				path := "cruddur-" + m.Handle + ".zip"
				if len(args) == 2 {
					path = args[1]
				}
				return p.export(ctx, a, m, path)
			})
		},
	}
}

func (p *group) export(ctx context.Context, a *accounts, m cruddur.Member, path string) error {
	pictures, err := p.Gallery(ctx, a.db.DB)
	if err != nil {
		return err
	}
	e, err := export.Begin(ctx, a.db, pictures, m.UUID, a.now)
	if err != nil {
		return err
	}
	if path == "-" {
		if err := e.ZIP(ctx, p.Stdout); err != nil {
			return err
		}
		return complete(e)
	}
	f, err := writefile.Open(ctx, path, 0o600)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return command.Exit(command.ExitUsage, err)
	}
	defer f.Discard()
	size := &counter{w: f}
	if err = e.ZIP(ctx, size); err == nil {
		err = f.Commit()
	}
	if err != nil {
		return fmt.Errorf("nothing was written to %s: %w", path, err)
	}
	a.out.Say("All that is @%s’s is in %s (%s).", m.Handle, path, terminal.ByteText(size.n))
	return complete(e)
}

// complete returns an error if pictures could not be read: a script must notice that the file, which is whole, lacks
// them.
func complete(e *export.Export) error {
	if n, err := e.Unread(); n > 0 {
		return command.Exit(command.ExitFailed, fmt.Errorf("the file lacks %d pictures, which could not be read; pictures.json says which: %w", n, err))
	}
	return nil
}

// counter counts the bytes that pass through it.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}
