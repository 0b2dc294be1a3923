package servicecmd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/spf13/cobra"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
	"cruddur/internal/systemd"
)

// The backup is made every day, so one of two days ago is late. A certificate is renewed thirty days before its
// end, or when a third of its life is left; one that ends within three days was not, although it was tried.
const (
	backupLate      = 48 * time.Hour
	certificateSoon = 3 * 24 * time.Hour
)

func (g *group) statusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say whether the server runs, since when, and how certificate and backups are",
		Long: "Say whether the server runs and since when, its address, the end of its certificate, the last backup and the\n" +
			"next one. The exit code is 4 if the service is not installed, and 6 if something is not as it should be.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			host, err := g.onHost("", "status")
			if err != nil {
				return err
			}
			return g.status(cmd.Context(), host, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document")
	return cmd
}

func (g *group) status(ctx context.Context, host *systemd.Host, asJSON bool) error {
	s, err := host.Status(ctx)
	if err != nil {
		return err
	}
	if !s.Installed {
		return command.Exit(command.ExitNotFound, errors.New("the service is not installed: cruddur service install"))
	}
	settings, err := g.settings()
	if err != nil {
		return err
	}
	place, err := g.outside.Place(settings)
	if err != nil {
		return err
	}
	now := time.Now
	if g.Now != nil {
		now = g.Now
	}
	r := newReport(now().UTC(), place.URL)
	r.service(s)
	r.line("address", place.URL)
	if place.Domain != "" {
		end, err := certificateEnd(ctx, place)
		r.certificate(end, err)
	}
	r.backups(s)
	o := g.NewOutput("auto")
	o.JSON = asJSON
	r.document["findings"] = r.findings
	if err := o.Print(r.document, r.table); err != nil {
		return err
	}
	if len(r.findings) == 0 {
		return nil
	}
	for _, f := range r.findings {
		o.Warn("%s", f)
	}
	return command.Exit(command.ExitFindings, nil)
}

// report collects what status prints.
type report struct {
	now      time.Time
	table    *terminal.Table
	findings []string
	document map[string]any
}

func newReport(now time.Time, address string) *report {
	table := &terminal.Table{Columns: []terminal.Column{{Title: "WHAT"}, {Title: "HOW", Least: 24}}}
	return &report{now: now, document: map[string]any{"address": address}, table: table}
}

func (r *report) line(what, how string) { r.table.Add(what, how) }

func (r *report) finding(format string, args ...any) {
	r.findings = append(r.findings, fmt.Sprintf(format, args...))
}

func (r *report) service(s systemd.Status) {
	r.document["active"], r.document["restarts"] = s.Active, s.Restarts
	how := s.Active
	if !s.Since.IsZero() {
		r.document["since"] = s.Since
		how += fmt.Sprintf(" since %s (%s)", stamp(s.Since), span(r.now.Sub(s.Since)))
	}
	if s.Restarts > 0 {
		how += fmt.Sprintf("; restarts by systemd: %d", s.Restarts)
	}
	r.line("server", how)
	if s.Active != "active" {
		r.finding("the server does not run: journalctl -u %s says why", systemd.User)
	}
}

func (r *report) certificate(end time.Time, err error) {
	if err != nil {
		r.document["certificate_error"] = err.Error()
		r.line("certificate", "none")
		r.finding("there is no certificate (%v): journalctl -u %s says why", err, systemd.User)
		return
	}
	r.document["certificate_end"] = end
	r.line("certificate", fmt.Sprintf("until %s (%s)", stamp(end), span(end.Sub(r.now))))
	if end.Sub(r.now) < certificateSoon {
		r.finding("the certificate ends soon and was not renewed: journalctl -u %s says why", systemd.User)
	}
}

func (r *report) backups(s systemd.Status) {
	if s.LastBackup == "" {
		r.line("last backup", "none")
		r.finding("there is no backup yet: systemctl start %s makes one", systemd.BackupService)
	} else {
		age := r.now.Sub(s.BackedUpAt)
		r.document["last_backup"] = map[string]any{"file": s.LastBackup, "at": s.BackedUpAt.UTC(), "age_seconds": int64(age.Seconds()), "bytes": s.BackupBytes}
		r.line("last backup", fmt.Sprintf("%s ago, %s, %s", span(age), terminal.ByteText(s.BackupBytes), s.LastBackup))
		if age > backupLate {
			r.finding("the last backup is older than two days")
		}
	}
	if s.BackupResult != "" && s.BackupResult != "success" {
		r.finding("the last backup has failed (%s): journalctl -u %s says why", s.BackupResult, systemd.BackupService)
	}
	if s.NextBackup.IsZero() {
		r.line("next backup", "none")
		r.finding("no backup is planned: systemctl enable --now %s", systemd.BackupTimer)
		return
	}
	r.document["next_backup"] = s.NextBackup
	r.line("next backup", fmt.Sprintf("%s (in %s)", stamp(s.NextBackup), span(s.NextBackup.Sub(r.now))))
}

// certificateEnd connects to the server as a browser does, and returns when the certificate ends that it gets. Who issued
// it is not asked: the browsers of the members do.
func certificateEnd(ctx context.Context, place Place) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	dialer := tls.Dialer{NetDialer: &net.Dialer{}, Config: &tls.Config{ServerName: place.Domain, InsecureSkipVerify: true}}
	conn, err := dialer.DialContext(ctx, "tcp", place.Listen)
	if err != nil {
		return time.Time{}, err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0].NotAfter.UTC(), nil
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// span writes a length of time by its largest unit.
func span(d time.Duration) string {
	if d < 0 {
		return "over"
	}
	for _, unit := range []struct {
		length time.Duration
		name   string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		if n := int(d / unit.length); n > 1 {
			return fmt.Sprintf("%d %ss", n, unit.name)
		} else if n == 1 {
			return "1 " + unit.name
		}
	}
	return "less than a minute"
}
