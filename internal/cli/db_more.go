package cli

import "github.com/spf13/cobra"

// dbGroups adds every command, in the groups in which help shows them.
func (p *dbGroup) dbGroups(db *cobra.Command, f *dbFlags) {
	for _, group := range []struct {
		id, title string
		commands  []*cobra.Command
	}{
		{"life", "Its life:", p.dbSubs(f, p.dbPrepare(), p.dbCreate(), p.dbDrop(), p.dbSetup(), p.dbReset(), p.dbWait())},
		{"schema", "Schema and rows:", append(p.dbSubs(f, p.dbStatus(), p.dbSeed()), p.migrateTree(f), p.schemaTree(f))},
		{"data", "In and out:", p.dbSubs(f, p.dbConnect(), p.dbDump(), p.dbRestore(), p.dbURL())},
		{"people", "Who is in it:", append(p.dbSubs(f, p.dbSessions(), p.dbLocks()), p.rolesTree(f))},
		{"health", "How it is:", p.dbSubs(f, p.dbInfo(), p.dbDoctor(), p.dbSlow(), p.dbSize(), p.dbBloat(), p.dbIndexes(), p.dbVacuum(), p.dbCache())},
		{"guard", "Its guard:", p.dbSubs(f, p.dbProtect(true), p.dbProtect(false))},
	} {
		db.AddGroup(&cobra.Group{ID: group.id, Title: group.title})
		for _, command := range group.commands {
			command.GroupID = group.id
			db.AddCommand(command)
		}
	}
}

func (p *dbGroup) dbSubs(f *dbFlags, specs ...dbSpec) []*cobra.Command {
	var list []*cobra.Command
	for _, spec := range specs {
		list = append(list, p.dbSub(f, spec))
	}
	return list
}
