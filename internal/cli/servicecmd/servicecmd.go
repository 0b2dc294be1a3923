// Package servicecmd is cruddur service: it has systemd run the server and its backups, and says how they are. It must
// not use another group of commands.
package servicecmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/systemd"
)

// Place is what the server's settings say of its addresses.
type Place struct {
	URL    string // of the pages
	Listen string // host:port at which this machine reaches it
	Domain string // "" if it has no certificate of its own
}

// Outside is what the group needs of the whole command tree.
type Outside struct {
	Run   func(ctx context.Context, settings map[string]string, args []string) error // runs a command line with these settings
	Place func(settings map[string]string) (Place, error)
}

type group struct {
	*command.Program
	outside Outside
	host    func() (*systemd.Host, error)
	system  string // the folder of this system's files, "" but in tests
}

// Command returns cruddur service with its sub-commands.
func Command(p *command.Program, outside Outside) *cobra.Command {
	return (&group{Program: p, outside: outside, host: systemd.ThisHost}).command()
}

func (g *group) command() *cobra.Command {
	service := &cobra.Command{
		Use:     "service",
		GroupID: "operator",
		Short:   "Have systemd run the server and its backups",
		Long: strings.TrimSpace(`
Have systemd run "cruddur serve" from the start of the machine on, as a user of its own that may do little, and
make a backup of the database every day. The settings are in ` + systemd.SettingsFile + `, the data in
` + systemd.DataDir + `, the backups in ` + systemd.BackupDir + `.`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	service.AddCommand(g.installCommand(), g.statusCommand(), g.runCommand(), g.uninstallCommand())
	return service
}

// onHost returns the system to work on: that under root, or with "" this one.
func (g *group) onHost(root, line string) (*systemd.Host, error) {
	if root != "" {
		abs, err := filepath.Abs(root)
		if err != nil {
			return nil, err
		}
		if info, err := os.Stat(abs); err != nil || !info.IsDir() {
			return nil, command.Exit(command.ExitUsage, fmt.Errorf("--root %s is not a folder", root))
		}
		return &systemd.Host{Root: abs}, nil
	}
	host, err := g.host()
	switch {
	case errors.Is(err, systemd.ErrNoSystemd):
		return nil, command.Exit(command.ExitMissing, errors.New("systemd does not run this system, so it cannot run cruddur\n"+
			"have your own init system run \"cruddur serve\" as an ordinary user; cruddur service install --dry-run prints the units as a pattern, and --root DIR writes them into an image"))
	case errors.Is(err, systemd.ErrNotRoot):
		return nil, command.Exit(command.ExitRefused, errors.New("this needs root: sudo cruddur service "+line))
	}
	return host, err
}

func (g *group) runCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "run COMMAND…",
		Short: "Run another command of cruddur with the settings and the data of the service",
		Long: strings.TrimSpace(`
Run another command of cruddur with the settings of ` + systemd.SettingsFile + ` and the data of the service,
whether it runs or not. It needs root, because the settings may hold passwords.`),
		Example:            "  cruddur service run user list\n  cruddur service run user role ada operator",
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 || args[0] == "--help" || args[0] == "-h" {
				return cmd.Help()
			}
			if args[0] == "service" {
				return command.Exit(command.ExitUsage, errors.New("cruddur service run cannot run cruddur service"))
			}
			settings, err := g.settings()
			if err != nil {
				return err
			}
			return g.outside.Run(cmd.Context(), settings, args)
		},
	}
}

// settings returns the settings of the service as its units have them.
func (g *group) settings() (map[string]string, error) {
	s, exists, err := systemd.ReadSettings(g.system)
	if errors.Is(err, os.ErrPermission) {
		return nil, command.Exit(command.ExitRefused, fmt.Errorf("%w\nonly root can read the settings: use sudo", err))
	}
	if err == nil && !exists {
		return nil, command.Exit(command.ExitNotFound, fmt.Errorf("%s is not there: cruddur service install makes it", systemd.SettingsFile))
	}
	if err != nil {
		return nil, err
	}
	values, err := s.Values()
	if err != nil {
		return nil, command.Exit(command.ExitUsage, err)
	}
	if values["CRUDDUR_DATA_DIR"] == "" {
		values["CRUDDUR_DATA_DIR"] = systemd.DataDir
	}
	return values, nil
}

func (g *group) uninstallCommand() *cobra.Command {
	var root, confirm string
	var data bool
	cmd := &cobra.Command{
		Use:   "uninstall",
		Short: "Stop the server and remove its units; the data stays",
		Long: strings.TrimSpace(`
Stop the server and remove its units. The data, the backups and the settings stay, and so does the user whom
they belong to. With --data they are deleted too, after you have typed "` + systemd.User + `".`),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			host, err := g.onHost(root, "uninstall")
			if err != nil {
				return err
			}
			out := g.NewOutput("auto")
			if data {
				if err := g.consent(cmd.Context(), out, confirm); err != nil {
					return err
				}
			}
			if err := host.Uninstall(cmd.Context(), data); err != nil {
				return err
			}
			if data {
				out.Say("The units are removed, and %s are deleted.", strings.Join(systemd.Data(), ", "))
			} else {
				out.Say("The units are removed. These stay: %s.", strings.Join(systemd.Data(), ", "))
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&root, "root", "", "work on the system whose files are in this folder")
	cmd.Flags().BoolVar(&data, "data", false, "also delete data, backups and settings")
	cmd.Flags().StringVar(&confirm, "confirm", "", "with --data: \""+systemd.User+"\", instead of typing it")
	return cmd
}

// consent wants the deletion of everything to be confirmed.
func (g *group) consent(ctx context.Context, out *terminal.Output, confirm string) error {
	what := strings.Join(systemd.Data(), ", ")
	if confirm == "" {
		out.Warn("this deletes everything that members have written, and every backup: %s", what)
		typed, err := terminal.Ask(ctx, g.Stdin, g.Stderr, "Type "+systemd.User+" to delete it: ")
		if errors.Is(err, terminal.ErrNobody) {
			return command.Exit(command.ExitRefused, fmt.Errorf("--data deletes %s: give --confirm %s; nothing was done", what, systemd.User))
		}
		if err != nil {
			return command.Exit(command.ExitRefused, fmt.Errorf("not confirmed: %w; nothing was done", err))
		}
		confirm = typed
	}
	if confirm != systemd.User {
		return command.Exit(command.ExitRefused, fmt.Errorf("not confirmed: %q is not %q; nothing was done", confirm, systemd.User))
	}
	return nil
}
