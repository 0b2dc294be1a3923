package cli

import (
	"github.com/spf13/cobra"

	"cruddur/internal/cli/terminal"
	"cruddur/internal/pgserver"
)

func (p *program) configCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "config",
		GroupID: "operator",
		Short:   "Print every option with its effective value, secrets redacted",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o := p.NewOutput("auto")
			o.JSON = cmd.Flag("json").Value.String() == "true"
			return p.printConfig(o)
		},
	}
	cmd.Flags().Bool("json", false, "print one JSON document")
	return cmd
}

func (p *program) printConfig(o *terminal.Output) error {
	t := &terminal.Table{Columns: []terminal.Column{{Title: "OPTION"}, {Title: "VALUE"}, {Title: "FROM"}, {Title: "MEANING", Least: 24, Drop: 1}}}
	documents := []any{}
	for _, x := range p.Config.Options {
		value, source, err := p.Config.Get(x.Env)
		if err != nil {
			return err
		}
		if x.Env == "CRUDDUR_DATA_DIR" && value == "" {
			value = pgserver.DefaultDir(p.Getenv)
		}
		if x.Secret && value != "" {
			value = "(set)"
		}
		t.Add(x.Env, value, source, x.Help)
		documents = append(documents, map[string]any{
			"option": x.Env, "value": value, "from": source, "secret": x.Secret, "meaning": x.Help,
		})
	}
	return o.Print(map[string]any{"options": documents}, t)
}
