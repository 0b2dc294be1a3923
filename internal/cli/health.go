package cli

import (
	"context"
	"crypto/tls"
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
		Long:    "Ask the server at URL, or the one that $CRUDDUR_LISTEN or $CRUDDUR_DOMAIN describes, whether it is ready: exit code 0, or 7 if not.",
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
			client, err := p.healthClient(args)
			if err != nil {
				return err
			}
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

// healthClient returns the client to ask with. The server of a domain is asked on this machine by the domain's name.
// Its certificate is not checked: whoever can answer here needs none, and a test authority's is not known.
func (p *program) healthClient(args []string) (*http.Client, error) {
	client := &http.Client{Timeout: 3 * time.Second}
	if len(args) == 1 {
		return client, nil
	}
	o, err := p.serveOptions()
	if err != nil || o.domain == "" {
		return client, err
	}
	address, err := localAddress(o.listen)
	client.Transport = &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
		TLSClientConfig:   &tls.Config{ServerName: o.domain, InsecureSkipVerify: true},
		DisableKeepAlives: true,
	}
	return client, err
}

func (p *program) healthURL(args []string) (string, error) {
	if len(args) == 1 {
		return strings.TrimRight(args[0], "/"), nil
	}
	o, err := p.serveOptions()
	if err != nil {
		return "", err
	}
	if o.domain != "" {
		return "https://" + o.domain, nil
	}
	address, err := localAddress(o.listen)
	return "http://" + address, err
}

// localAddress returns the address at which this machine reaches a listener.
func localAddress(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", command.Exit(command.ExitUsage, fmt.Errorf("CRUDDUR_LISTEN: %w", err))
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}
