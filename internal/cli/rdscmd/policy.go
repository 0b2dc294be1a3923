package rdscmd

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"cruddur/internal/cli/terminal"
	"cruddur/internal/rds"
)

func (p *group) policyCommand(f *flags) *cobra.Command {
	v := new(rds.PolicyValues)
	c := &cobra.Command{
		Use:   "policy [NAME]",
		Short: "Print IAM policies, and SCPs that enforce the rules in a whole organisation",
		Long: strings.TrimSpace(`
Print a policy as JSON; without a name, list them. No credentials are needed.

  cruddur rds policy tool > policy.json
  aws iam create-policy --policy-name cruddur --policy-document file://policy.json`),
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o := p.output(f)
			if len(args) == 0 {
				t := &terminal.Table{Columns: []terminal.Column{{Title: "POLICY"}, {Title: "KIND"}, {Title: "HOLDS", Least: 30}}}
				list := []map[string]string{}
				for _, d := range rds.Policies {
					t.Add(d.Name, d.Kind, d.Help)
					list = append(list, map[string]string{"name": d.Name, "kind": d.Kind, "holds": d.Help})
				}
				return o.Print(map[string]any{"policies": list}, t)
			}
			if len(v.Regions) == 0 {
				regions, err := p.Config.Text("CRUDDUR_ALLOWED_REGIONS")
				if err != nil {
					return err
				}
				v.Regions = strings.FieldsFunc(regions, func(r rune) bool { return r == ',' || r == ' ' })
			}
			text, err := rds.Policy(args[0], *v)
			if err != nil {
				return err
			}
			_, err = io.WriteString(o.Out, text)
			return err
		},
	}
	flags := c.Flags()
	flags.StringSliceVar(&v.Regions, "allow-region", nil, "for region-lock: the allowed regions ($CRUDDUR_ALLOWED_REGIONS)")
	flags.StringVar(&v.Account, "account", "", "the account number, instead of *")
	flags.StringVar(&v.ResourceID, "resource-id", "", "for connect: the instance's DbiResourceId, instead of *")
	flags.StringVar(&v.User, "user", "", "for connect: the database role")
	flags.StringVar(&v.Partition, "partition", "", "aws, aws-cn or aws-us-gov")
	return c
}
