package rdscmd

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"cruddur/internal/cli/terminal"
	"cruddur/internal/rds"
)

func (p *group) urlCommand(f *flags) *cobra.Command {
	var auth, user, database string
	var env bool
	c := &cobra.Command{
		Use:   "url [INSTANCE]",
		Short: "Print the connection URL for PROD_CONNECTION_URL",
		Long: strings.TrimSpace(`
Print the connection URL. It contains no password: with --auth iam a token is signed for each connection,
with --auth secret the password is read from Secrets Manager, and read again after a rotation, with --auth
none PGPASSWORD or the password file provides it.

The server's certificate is verified (sslmode=verify-full) with the CA certificates of RDS that are
part of this program; "cruddur rds url ca" prints them for other programs.`),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.onInstance(cmd.Context(), f, first(args), func(_ *rds.Client, o *terminal.Output, i *rds.Instance) error {
				if auth == "" {
					auth = urlAuth(i)
					if i.IAM && user != "" && user != i.MasterUser {
						auth = "iam"
					}
				}
				link, err := i.ConnectionURL(auth, cmp.Or(user, i.MasterUser), cmp.Or(database, cmp.Or(i.Database, "postgres")))
				if err != nil {
					return err
				}
				if o.JSON {
					return o.Document(map[string]any{"url": link, "auth": auth})
				}
				if env {
					link = "PROD_CONNECTION_URL='" + link + "'"
				}
				fmt.Fprintln(o.Out, link)
				return nil
			})
		},
	}
	c.Flags().StringVar(&auth, "auth", "", "iam, secret or none (default: secret for the master user if it has a managed secret, otherwise iam)")
	c.Flags().StringVar(&user, "user", "", "the database role (default: the master user)")
	c.Flags().StringVar(&database, "database", "", "the database (default: the instance's initial database)")
	c.Flags().BoolVar(&env, "env", false, "print a line for an environment file")
	c.AddCommand(p.caCommand())
	return c
}

// caCommand prints the CA certificates for programs that cannot use ours.
func (p *group) caCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "ca",
		Short: "Print the CA certificates of RDS as PEM, for sslrootcert of other programs",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := p.Stdout.Write(rds.Bundle())
			return err
		},
	}
}
