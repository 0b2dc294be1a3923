// Package placecmd is cruddur place and cruddur invite: what the host says about the place, and whom they let in. A
// command parses its arguments, calls the database, and prints. It must not use another group of commands.
package placecmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cruddur"
	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/place"
)

// Site returns the address of the pages, for the links of invitations.
type Site func() (address string, named bool, err error)

// group creates the commands of one program.
type group struct {
	*command.Program
	site Site
}

// Command returns cruddur place with its sub-commands.
func Command(outside *command.Program, site Site) *cobra.Command {
	p := &group{outside, site}
	cmd := &cobra.Command{
		Use:     "place",
		GroupID: "operator",
		Short:   "Show and change what the place is, and who may sign up and read",
		Long: strings.TrimSpace(`
Show and change what the place is called and says about itself, who may sign up and who may read. Servers
that run see a change within a second.`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.showCommand(), p.setCommand())
	return cmd
}

// host holds what a command works with.
type host struct {
	db  *command.Database
	out *terminal.Output
	now time.Time
}

// with opens the database and runs fn.
func (p *group) with(cmd *cobra.Command, fn func(ctx context.Context, h *host) error) error {
	ctx := cmd.Context()
	db, end, err := p.ReadyDatabase(ctx, true)
	if err != nil {
		return err
	}
	defer end()
	h := &host{db: db, out: p.NewOutput("auto"), now: time.Now().UTC()}
	if f := cmd.Flags().Lookup("json"); f != nil {
		h.out.JSON = f.Value.String() == "true"
	}
	return fn(ctx, h)
}

func (p *group) showCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Show the place",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.with(cmd, func(ctx context.Context, h *host) error {
				place, err := h.db.Place(ctx)
				if err != nil {
					return err
				}
				return h.print(place)
			})
		},
	}
	cmd.Flags().Bool("json", false, "print one JSON document")
	return cmd
}

// written returns domains as people write them.
func written(domains []string) []string {
	out := make([]string, len(domains))
	for i, d := range domains {
		out[i] = place.Written(d)
	}
	return out
}

func (h *host) print(p cruddur.Place) error {
	t := &terminal.Table{Columns: []terminal.Column{{Title: "WHAT"}, {Title: "VALUE", Least: 20}}}
	rules := ""
	if p.Rules != "" {
		rules = fmt.Sprintf("%d lines", strings.Count(p.Rules, "\n")+1)
	}
	for _, row := range [][2]string{
		{"name", p.Name},
		{"line", p.Line},
		{"rules", rules},
		{"contact", p.Contact},
		{"colour", p.Colour},
		{"sign-up", string(p.SignUp)},
		{"domains", strings.Join(written(p.Domains), " ")},
		{"reading", string(p.Reading)},
	} {
		t.Add(row[0], row[1])
	}
	return h.out.Print(map[string]any{
		"name": p.Name, "line": p.Line, "rules": p.Rules, "contact": p.Contact, "colour": p.Colour,
		"sign_up": p.SignUp, "domains": written(p.Domains), "reading": p.Reading,
	}, t)
}

func (p *group) setCommand() *cobra.Command {
	var name, line, rules, contact, colour, signUp, reading string
	var domains, cleared []string
	cmd := &cobra.Command{
		Use:   "set [--name NAME] [--sign-up MODE] [--reading MODE] …",
		Short: "Change what is given, and leave the rest",
		Long: strings.TrimSpace(`
Change what is given, and leave the rest. --clear takes away what may be missing.

--sign-up is open (everybody), invite (whoever has an invitation, see "cruddur invite"), domain (whoever has
an address of one of --domains, or an invitation) or closed (nobody; "cruddur user create" still makes
members). *. at the beginning of a domain stands for every sub-domain.

--reading is everybody or members. With members, whoever is not signed in reads nothing but /about and the
way in: no page, no picture, no feed and no answer of the API.`),
		Args: cobra.NoArgs,
	}
	flags := cmd.Flags()
	flags.StringVar(&name, "name", "", "the name, at most 50 characters")
	flags.StringVar(&line, "line", "", "what it is, on one line of at most 160 characters")
	flags.StringVar(&rules, "rules-file", "", "a file with the rules, at most 4,000 characters; - for stdin")
	flags.StringVar(&contact, "contact", "", "an address, a page or a sentence that leads to you; everybody sees it")
	flags.StringVar(&colour, "colour", "", "of the logo, such as #9500ff")
	flags.StringVar(&signUp, "sign-up", "", "who may sign up: open, invite, domain or closed")
	flags.StringSliceVar(&domains, "domains", nil, "whose addresses may sign up, with commas between")
	flags.StringVar(&reading, "reading", "", "who may read: everybody or members")
	flags.StringSliceVar(&cleared, "clear", nil, "take away line, rules, contact, colour or domains, with commas between")
	flags.Bool("json", false, "print one JSON document")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		given := 0
		flags.Visit(func(f *pflag.Flag) {
			if f.Name != "json" && cmd.LocalNonPersistentFlags().Lookup(f.Name) != nil {
				given++
			}
		})
		if given == 0 {
			return command.Exit(command.ExitUsage, errors.New("nothing to change: see cruddur place set --help"))
		}
		if flags.Changed("rules-file") {
			var err error
			if rules, err = p.read(rules); err != nil {
				return command.Exit(command.ExitUsage, err)
			}
		}
		change := func(q *cruddur.Place) error {
			for _, f := range []struct {
				name string
				set  func()
			}{
				{"name", func() { q.Name = name }},
				{"line", func() { q.Line = line }},
				{"rules-file", func() { q.Rules = rules }},
				{"contact", func() { q.Contact = contact }},
				{"colour", func() { q.Colour = colour }},
				{"sign-up", func() { q.SignUp = cruddur.SignUpMode(signUp) }},
				{"domains", func() { q.Domains = domains }},
				{"reading", func() { q.Reading = cruddur.ReadingMode(reading) }},
			} {
				if flags.Changed(f.name) {
					f.set()
				}
			}
			return clearFields(q, cleared)
		}
		return p.with(cmd, func(ctx context.Context, h *host) error { return h.set(ctx, change) })
	}
	return cmd
}

// clearFields takes away what may be missing.
func clearFields(p *cruddur.Place, names []string) error {
	for _, name := range names {
		switch name {
		case "line":
			p.Line = ""
		case "rules":
			p.Rules = ""
		case "contact":
			p.Contact = ""
		case "colour":
			p.Colour = ""
		case "domains":
			p.Domains = nil
		default:
			return cruddur.Invalid("clear", "clear_invalid")
		}
	}
	return nil
}

// meanings say in words what is wrong, where the code alone says too little.
var meanings = map[string]string{
	"sign_up_invalid": "--sign-up: want open, invite, domain or closed",
	"reading_invalid": "--reading: want everybody or members",
	"domains_blank":   "--sign-up domain needs --domains, such as --domains school.example",
	"domain_invalid":  "--domains: want domains as in addresses, such as school.example or *.school.example",
	"colour_invalid":  "--colour: want # and six digits, such as #9500ff",
	"clear_invalid":   "--clear: want line, rules, contact, colour or domains",
	"name_blank":      "--name: a place needs a name",
	"uses_invalid":    "--uses: want 1 to 10000",
	"days_invalid":    "--days: want 1 to 365",
}

// explained returns the error of a wrong value in words.
func explained(err error) error {
	if err == nil || cruddur.KindOf(err) != cruddur.KindInvalid {
		return err
	}
	if m := meanings[cruddur.CodesOf(err)[0]]; m != "" {
		return command.Exit(command.ExitUsage, errors.New(m))
	}
	return command.Exit(command.ExitUsage, err)
}

func (h *host) set(ctx context.Context, change func(*cruddur.Place) error) error {
	was, err := h.db.Place(ctx)
	if err != nil {
		return err
	}
	now, err := place.New(h.db).Change(ctx, change, cruddur.CommandLine, h.now)
	if err != nil {
		return explained(err)
	}
	if h.out.JSON {
		return h.print(now)
	}
	changed := was.Differences(now)
	if len(changed) == 0 {
		h.out.Say("The place is so already.")
		return nil
	}
	h.out.Say("Changed: %s. Servers that run see it within a second.", strings.Join(changed, ", "))
	switch {
	case now.SignUp != was.SignUp && now.SignUp == cruddur.SignUpInvite:
		h.out.Say("To let people in: cruddur invite create --uses 30 --days 14")
	case now.SignUp != was.SignUp && now.SignUp == cruddur.SignUpClosed:
		h.out.Say("To make a member all the same: cruddur user create")
	}
	return nil
}

// read returns the text of a file, or of stdin ("-").
func (p *group) read(name string) (string, error) {
	const most = 64 << 10
	var b []byte
	var err error
	switch name {
	case "-":
		b, err = io.ReadAll(io.LimitReader(p.Stdin, most))
	default:
		b, err = os.ReadFile(name)
	}
	if err != nil {
		return "", fmt.Errorf("--rules-file: %w", err)
	}
	return string(b), nil
}
