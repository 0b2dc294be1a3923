package cli

import (
	"github.com/spf13/cobra"

	"cruddur/internal/cli/dbcmd"
	"cruddur/internal/cli/lambdacmd"
	"cruddur/internal/cli/placecmd"
	"cruddur/internal/cli/rdscmd"
	"cruddur/internal/cli/usercmd"
)

// commands returns the groups in the order of the help text.
func (p *program) commands() []*cobra.Command {
	return []*cobra.Command{
		p.serveCommand(),
		p.healthCommand(),
		dbcmd.Command(p.Program),
		usercmd.Command(p.Program, p.site),
		placecmd.Command(p.Program, p.site),
		placecmd.InviteCommand(p.Program, p.site),
		p.mailCommand(),
		rdscmd.Command(p.Program),
		lambdacmd.Command(p.Program),
		p.configCommand(),
		p.versionCommand(),
	}
}

// site returns the address of the pages, for the mails that a user command sends.
func (p *program) site() (address string, named bool, err error) {
	o, err := p.serveOptions()
	return o.site(), o.named, err
}
