package cli

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"cruddur"
	"cruddur/internal/cli/command"
)

// healthCommand asks a running server for its health; for container images that contain nothing but this
// binary.
func (p *program) healthCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "health [URL]",
		GroupID: "operator",
		Short:   "Ask a running server whether it is ready",
		Long:    "Ask the server at URL, or the one that $CRUDDUR_LISTEN describes, whether it is ready: exit code 0, or 7 if not.",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			target, err := p.healthURL(args)
			if err != nil {
				return err
			}
			req, err := http.NewRequestWithContext(cmd.Context(), http.MethodGet, target+"/readyz", nil)
			if err != nil {
				return command.Exit(command.ExitUsage, err)
			}
			client := &http.Client{Timeout: 3 * time.Second}
			res, err := client.Do(req)
			if err != nil {
				return cruddur.Errorf(cruddur.KindUnavailable, "%s does not answer: %w", target, err)
			}
			defer res.Body.Close()
			body, _ := io.ReadAll(io.LimitReader(res.Body, 200))
			if res.StatusCode != http.StatusOK {
				return cruddur.Errorf(cruddur.KindUnavailable, "%s is not ready: %s %s", target, res.Status, strings.TrimSpace(string(body)))
			}
			_, err = fmt.Fprintln(p.Stdout, "ready")
			return err
		},
	}
}

func (p *program) healthURL(args []string) (string, error) {
	if len(args) == 1 {
		return strings.TrimRight(args[0], "/"), nil
	}
	listen, err := p.Config.Text("CRUDDUR_LISTEN")
	if err != nil {
		return "", err
	}
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", command.Exit(command.ExitUsage, fmt.Errorf("CRUDDUR_LISTEN: %w", err))
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return "http://" + net.JoinHostPort(host, port), nil
}
