package cli

import "github.com/spf13/cobra"

// commands lists the groups in the order in which help shows them.
func (p *program) commands() []*cobra.Command {
	return []*cobra.Command{
		p.serveCommand(),
		p.healthCommand(),
		p.dbCommand(),
		p.userCommand(),
		p.rdsCommand(),
		p.lambdaCommand(),
		p.configCommand(),
		p.versionCommand(),
	}
}
