package servicecmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"cruddur/internal/certificate"
	"cruddur/internal/cli/command"
	"cruddur/internal/systemd"
)

// installation is what "cruddur service install" was asked for.
type installation struct {
	domain, email, root, program, backupAt string
	keep                                   int
	dryRun                                 bool
}

func (g *group) installCommand() *cobra.Command {
	var i installation
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Write the units and start the server",
		Long: strings.TrimSpace(`
Write the units, make the user "` + systemd.User + `", and start the server and the timer of the backups. Run it again
after an update of the program or a change of the domain: the settings in ` + systemd.SettingsFile + ` stay as you
have edited them, except for the flags that you give.

With --domain the server gets a certificate from Let's Encrypt by itself; you accept its subscriber agreement
so (https://letsencrypt.org/repository/).`),
		Example: strings.Trim(`
  cruddur service install --domain cruddur.example --acme-email ada@cruddur.example
  cruddur service install --dry-run          print everything and change nothing`, "\n"),
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if i.keep < 1 && cmd.Flags().Changed("keep") {
				return command.Exit(command.ExitUsage, errors.New("--keep: want at least one"))
			}
			return g.install(cmd.Context(), i)
		},
	}
	f := cmd.Flags()
	f.StringVar(&i.domain, "domain", "", "the domain of this server, such as cruddur.example")
	f.StringVar(&i.email, "acme-email", "", "the address at which Let's Encrypt may write to you about the certificate")
	f.StringVar(&i.program, "program", "", "the path of cruddur (default: this program, with --root /usr/local/bin/cruddur)")
	f.StringVar(&i.backupAt, "backup-at", "", "when to make a backup, as systemd.time(7) writes it (default: as before; at first *-*-* 03:30:00)")
	f.IntVar(&i.keep, "keep", 0, "how many backups to keep (default: as before; at first 14)")
	f.StringVar(&i.root, "root", "", "write into the system whose files are in this folder, such as an image; nothing is started")
	f.BoolVar(&i.dryRun, "dry-run", false, "print the files and commands, and change nothing")
	return cmd
}

func (g *group) install(ctx context.Context, i installation) error {
	var host *systemd.Host
	var err error
	if i.dryRun && i.root == "" {
		host = &systemd.Host{Live: true}
	} else if host, err = g.onHost(i.root, "install …"); err != nil {
		return err
	}
	settings, exists, err := systemd.ReadSettings(host.Root)
	if i.dryRun && errors.Is(err, fs.ErrPermission) {
		err = nil // the real run, as root, reads them
	}
	if err != nil {
		return err
	}
	keep, backupAt := systemd.Chosen(host.Root)
	i.keep, i.backupAt = cmp.Or(i.keep, keep), cmp.Or(i.backupAt, backupAt)
	if err := i.apply(settings); err != nil {
		return command.Exit(command.ExitUsage, err)
	}
	options, err := i.options(settings)
	if err != nil {
		return err
	}
	if err := i.checkProgram(&options); err != nil {
		return err
	}
	if i.dryRun {
		return g.printPlan(host, options, settings)
	}
	written, err := host.Install(ctx, options, settings)
	if err != nil {
		return err
	}
	out := g.NewOutput("auto")
	for _, f := range written {
		out.Say("wrote %s", host.Root+f.Path)
	}
	switch {
	case len(written) == 0:
		out.Say("Everything was there already; the server was started again.")
	case host.Root != "":
		out.Say("The server starts with the system in %s.", host.Root)
	case !exists && i.domain == "":
		out.Say("The server runs, for this machine only: --domain gives it a name. Ask for it: cruddur service status")
	default:
		out.Say("The server runs. Ask for it: cruddur service status")
	}
	return nil
}

// apply puts the flags into the settings.
func (i *installation) apply(settings *systemd.Settings) error {
	if strings.ContainsAny(i.backupAt+i.program, "\n\r\x00") {
		return errors.New("--backup-at and --program are one line each")
	}
	for flag, value := range map[string]*string{"CRUDDUR_DOMAIN": &i.domain, "CRUDDUR_ACME_EMAIL": &i.email} {
		if *value == "" {
			continue
		}
		if err := command.CheckOption(flag, *value); err != nil {
			return fmt.Errorf("--%s: %q: %w", map[string]string{"CRUDDUR_DOMAIN": "domain", "CRUDDUR_ACME_EMAIL": "acme-email"}[flag], *value, err)
		}
	}
	if i.domain != "" {
		domain, err := certificate.ParseDomain(i.domain)
		if err != nil {
			return err
		}
		settings.Set("CRUDDUR_DOMAIN", domain)
	}
	if i.email != "" {
		settings.Set("CRUDDUR_ACME_EMAIL", i.email)
	}
	return nil
}

// options returns the units' options. A server with a domain listens on ports below 1024.
func (i *installation) options(settings *systemd.Settings) (o systemd.Options, err error) {
	values, err := settings.Values()
	if err != nil {
		return o, command.Exit(command.ExitUsage, err)
	}
	return systemd.Options{Program: i.program, LowPorts: values["CRUDDUR_DOMAIN"] != "", Keep: i.keep, BackupAt: i.backupAt}, nil
}

// checkProgram wants a program that the unit can run and that nobody but root can replace.
func (i *installation) checkProgram(o *systemd.Options) error {
	if o.Program == "" && i.root != "" {
		o.Program = "/usr/local/bin/cruddur"
	}
	if o.Program == "" {
		path, err := os.Executable()
		if err != nil {
			return err
		}
		o.Program = path
	}
	path, err := filepath.EvalSymlinks(i.root + o.Program)
	if err != nil || !filepath.IsAbs(o.Program) {
		return command.Exit(command.ExitUsage, fmt.Errorf("--program %s: want the absolute path of cruddur", o.Program))
	}
	const move = "put it elsewhere and run that: install -m 755 %s /usr/local/bin/cruddur && /usr/local/bin/cruddur service install …"
	inside := strings.TrimPrefix(path, i.root)
	for _, hidden := range []string{"/home/", "/root/", "/tmp/", "/var/tmp/", "/run/user/"} {
		if strings.HasPrefix(inside, hidden) && !i.dryRun {
			return command.Exit(command.ExitUsage, fmt.Errorf("the unit cannot see %s\n"+move, inside, inside))
		}
	}
	info, err := os.Stat(path)
	if err == nil && (info.IsDir() || info.Mode()&0o111 == 0) {
		err = errors.New("it is not a program")
	}
	if err == nil && info.Mode()&0o022 != 0 && !i.dryRun {
		err = fmt.Errorf("other users can change it\n"+move, inside)
	}
	if err != nil {
		return command.Exit(command.ExitUsage, fmt.Errorf("%s: %w", inside, err))
	}
	return nil
}

// printPlan prints the files that would be written, and the commands after them.
func (g *group) printPlan(host *systemd.Host, o systemd.Options, s *systemd.Settings) error {
	files, commands, err := host.Plan(o, s)
	if err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	for _, f := range files {
		shown := f.Content
		if f.Path == systemd.SettingsFile {
			shown = s.Redacted()
		}
		fmt.Fprintf(g.Stdout, "### %s (mode %04o)\n%s\n", host.Root+f.Path, f.Mode, shown)
	}
	fmt.Fprintln(g.Stdout, "### commands")
	for _, c := range commands {
		fmt.Fprintln(g.Stdout, strings.Join(c, " "))
	}
	return nil
}
