package dbcmd

import "github.com/spf13/cobra"

// addAll adds every command, in the groups of the help text.
func (p *group) addAll(db *cobra.Command, f *flags) {
	for _, group := range []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"life", "Lifecycle:", p.subs(f, p.prepare(), p.create(), p.drop(), p.setup(), p.reset(), p.wait())},
		{"schema", "Schema and rows:", append(p.subs(f, p.status(), p.seed()), p.migrateTree(f), p.schemaTree(f))},
		{"data", "Data:", p.subs(f, p.connect(), p.dump(), p.restore(), p.url())},
		{"people", "Sessions and roles:", append(p.subs(f, p.sessions(), p.locks()), p.rolesTree(f))},
		{"health", "Health and statistics:", p.subs(f, p.info(), p.doctor(), p.slow(), p.size(), p.bloat(), p.indexes(), p.vacuum(), p.cache())},
		{"guard", "Protection:", p.subs(f, p.protect(true), p.protect(false))},
	} {
		db.AddGroup(&cobra.Group{ID: group.id, Title: group.title})
		for _, command := range group.commands {
			command.GroupID = group.id
			db.AddCommand(command)
		}
	}
}

func (p *group) subs(f *flags, specs ...action) []*cobra.Command {
	var list []*cobra.Command
	for _, spec := range specs {
		list = append(list, p.sub(f, spec))
	}
	return list
}
