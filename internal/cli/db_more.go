package cli

import "github.com/spf13/cobra"

// dbMore are the commands on a database that is there.
func (p *program) dbMore() []dbSpec {
	return []dbSpec{p.dbStatus(), p.dbSeed(), p.dbConnect(), p.dbSessions(), p.dbLocks(), p.dbSlow(), p.dbSize(), p.dbBloat(), p.dbIndexes(), p.dbVacuum(), p.dbCache(), p.dbDump(), p.dbRestore(), p.dbDoctor()}
}

// dbTrees adds the commands with commands of their own.
func (p *program) dbTrees(db *cobra.Command, f *dbFlags) {
	db.AddCommand(p.migrateTree(f), p.schemaTree(f), p.rolesTree(f))
}
