package rdscmd

import (
	"context"
	"fmt"
	"net/netip"
	"os/user"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cruddur/internal/cli/terminal"
	"cruddur/internal/rds"
)

func (p *group) allowIPCommand(f *flags) *cobra.Command {
	var ip, who string
	var ttl time.Duration
	var dryRun, v6 bool
	c := &cobra.Command{
		Use:     "allow-ip [INSTANCE]",
		Aliases: []string{"update-sg-rule"},
		Short:   "Allow this machine's address to reach the database, for a limited time",
		Long: strings.TrimSpace(`
Allow one IP address to reach the database's port: this machine's, or that of --ip or $GITPOD_IP.

The address is read from two sources that must agree. There is one rule for each person, tagged with a name
and an expiry; the next call changes it instead of adding another, and does nothing if nothing has changed.
"cruddur rds revoke-expired" removes the expired rules.

$DB_SG_ID and $DB_SG_RULE_ID name the security group and the rule if they cannot be found.`),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.allowIP(cmd.Context(), f, rds.Allow{Instance: first(args), Who: who, TTL: ttl, DryRun: dryRun}, ip, v6)
		},
	}
	c.Flags().StringVar(&ip, "ip", "", "the IP address to allow ($GITPOD_IP)")
	c.Flags().StringVar(&who, "who", "", "the name of the rule's owner (default: your user name)")
	c.Flags().DurationVar(&ttl, "ttl", 8*time.Hour, "how long the rule is valid; 0: forever")
	c.Flags().BoolVar(&v6, "ipv6", false, "use this machine's IPv6 address instead of its IPv4 address")
	c.Flags().BoolVar(&dryRun, "dry-run", false, "ask EC2 whether the call would succeed, change nothing")
	return c
}

func (p *group) allowIP(ctx context.Context, f *flags, a rds.Allow, ip string, v6 bool) error {
	o := p.output(f)
	var err error
	if a.Group, err = p.Config.Text("DB_SG_ID"); err != nil {
		return err
	}
	if a.RuleID, err = p.Config.Text("DB_SG_RULE_ID"); err != nil {
		return err
	}
	if a.Address, err = p.publicAddress(ctx, o, ip, v6); err != nil {
		return err
	}
	if a.Who == "" {
		a.Who = p.userName()
	}
	client, err := p.client(ctx, f)
	if err != nil {
		return err
	}
	done, err := client.AllowIP(ctx, a)
	if err != nil {
		return err
	}
	if o.JSON {
		return o.Document(map[string]any{"rule": done, "dry_run": a.DryRun})
	}
	p.sayAllowed(o, done, a)
	if done.Note != "" {
		o.Warn("%s", done.Note)
	}
	return nil
}

// sayAllowed prints old → new, on stdout because it is the command's result.
func (p *group) sayAllowed(o *terminal.Output, done *rds.Allowed, a rds.Allow) {
	until := "for ever"
	if done.Expires != nil {
		until = "until " + terminal.When(done.Expires)
	}
	verb := map[bool]string{false: "", true: "would be: "}[a.DryRun]
	switch {
	case done.Command == "":
		fmt.Fprintf(o.Out, "unchanged: %s to port %d of %s, %s\n", done.New, done.Port, done.Group, until)
	case done.Old == "":
		fmt.Fprintf(o.Out, "%s(nobody) → %s to port %d of %s, %s\n", verb, terminal.Paint(o.Color, terminal.PaintGood, done.New), done.Port, done.Group, until)
	case !done.Changed:
		fmt.Fprintf(o.Out, "%s%s to port %d of %s stays, now %s\n", verb, done.New, done.Port, done.Group, until)
	default:
		fmt.Fprintf(o.Out, "%s%s → %s to port %d of %s, %s\n", verb, terminal.Paint(o.Color, terminal.PaintDim, done.Old), terminal.Paint(o.Color, terminal.PaintGood, done.New), done.Port, done.Group, until)
	}
	if a.DryRun && done.Command != "" {
		fmt.Fprintln(o.Out, done.Command)
	}
}

// publicAddress returns the address of --ip, of GITPOD_IP, or this machine's.
func (p *group) publicAddress(ctx context.Context, o *terminal.Output, ip string, v6 bool) (netip.Addr, error) {
	if ip != "" {
		return rds.ParseAddress(ip)
	}
	gitpod, err := p.Config.Text("GITPOD_IP")
	if err != nil {
		return netip.Addr{}, err
	}
	if gitpod != "" {
		return rds.ParseAddress(gitpod)
	}
	sources, err := p.Config.Text("CRUDDUR_ADDRESS_SOURCES")
	if err != nil {
		return netip.Addr{}, err
	}
	list := strings.Split(sources, ",")
	network := "tcp4"
	if v6 {
		network = "tcp6"
	}
	o.Say("asking %s for this machine's address …", strings.Join(list, " and "))
	return rds.PublicAddress(ctx, network, list)
}

// userName returns the person's name for the tag of the rule.
func (p *group) userName() string {
	for _, name := range []string{p.Getenv("GITPOD_GIT_USER_EMAIL"), p.Getenv("USER"), p.Getenv("LOGNAME")} {
		if name != "" {
			return name
		}
	}
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

func (p *group) revokeExpiredCommand(f *flags) *cobra.Command {
	var dryRun bool
	c := &cobra.Command{
		Use:   "revoke-expired [INSTANCE]",
		Short: "Remove the expired rules of allow-ip",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			client, err := p.client(cmd.Context(), f)
			if err != nil {
				return err
			}
			gone, err := client.RevokeExpired(cmd.Context(), first(args), dryRun)
			if err != nil {
				return err
			}
			o := p.output(f)
			t := &terminal.Table{Empty: "no rule has expired", Columns: []terminal.Column{{Title: "GROUP"}, {Title: "RULE"}, {Title: "ADDRESS"}, {Title: "PORT", Right: true}, {Title: "EXPIRED"}}}
			for _, r := range gone {
				t.Add(r.Group, r.RuleID, r.Old, fmt.Sprint(r.Port), terminal.When(r.Expires))
			}
			return o.Print(map[string]any{"revoked": gone, "dry_run": dryRun}, t)
		},
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "list the expired rules, remove nothing")
	return c
}
