package main

const guarded = "internal/cli/guard/"

// guardList takes single steps of the guard out, and moves what it has lists and bounds of.
var guardList = list{
	name: "the guard's steps",
	repl: []replacement{
		{file: guarded + "guard.go", from: "\tif err := g.Allowed(verb); err != nil {\n\t\treturn nil, err\n\t}\n", to: "", test: "TestProhibited"},
		{file: guarded + "guard.go", from: "\tconst verb = \"put made-up members and cruds into\"\n\tif err := g.Allowed(verb); err != nil {\n\t\treturn err\n\t}\n", to: "\tconst verb = \"put made-up members and cruds into\"\n", test: "TestFill"},
		{file: guarded + "guard.go", from: "\t\tif err := g.confirm(ctx, verb, f); err != nil {\n\t\t\treturn nil, err\n\t\t}\n", to: "", test: "TestTypedName"},
		{file: guarded + "guard.go", from: "\tg.show(f)\n\treturn g.confirm(ctx, verb, f)\n", to: "\tg.show(f)\n\treturn nil\n", test: "TestFill"},
		{file: guarded + "guard.go", from: "\t} else if g.Confirm != \"\" && g.Confirm != f.Database {\n\t\treturn nil, g.mismatch(f)\n\t}\n", to: "\t}\n", test: "TestConfirm"},
		{file: guarded + "guard.go", from: "case errors.Is(err, terminal.ErrNobody):", to: "case false:", test: "TestNobodyAnswers"},
		{file: guarded + "guard.go", from: "\tcase f.Protected:\n\t\treturn \"\",", to: "\tcase false:\n\t\treturn \"\",", test: "TestDumpFails"},
		{file: guarded + "guard.go", from: "case ctx.Err() != nil:", to: "case false:", test: "TestDumpFails"},
		{file: guarded + "guard.go", from: "f.Bytes > dbadmin.BackupLimit", to: "f.Bytes > 2*dbadmin.BackupLimit", test: "TestBackupLimit"},
		{file: guarded + "guard.go", from: "\t\tg.Out.Warn(\"%s, so it is unknown", to: "\t\t_ = fmt.Sprintf(\"%s, so it is unknown", test: "TestUnknownTarget"},

		{file: guarded + "target.go", from: "\"create\", ", to: "", test: "TestMakesServer"},
		{file: guarded + "target.go", from: "\"drop\", ", to: "", test: "TestMakesServer"},
		{file: guarded + "target.go", from: "\"prepare\", ", to: "", test: "TestMakesServer"},
		{file: guarded + "target.go", from: "\"setup\", ", to: "", test: "TestMakesServer"},
		{file: guarded + "target.go", from: "\"reset\", ", to: "", test: "TestMakesServer"},
		{file: guarded + "target.go", from: ", \"wait\"}", to: "}", test: "TestMakesServer"},
		{file: guarded + "target.go", from: "\"reset\", \"wait\"}", to: "\"reset\", \"wait\", \"restore\"}", test: "TestMakesServer"},
		{file: guarded + "target.go", from: "{0,39}$", to: "{0,40}$", test: "TestNamedTwice"},
		{file: guarded + "target.go", from: "{0,39}$", to: "{0,38}$", test: "TestNamedTwice"},
		{file: guarded + "target.go", from: "^[A-Za-z][A-Za-z0-9_-]", to: "^[A-Za-z0-9_-]", test: "TestNamedTwice"},
		{file: guarded + "target.go", from: "strings.ReplaceAll(name, \"-\", \"_\")", to: "name", test: "TestNamed"},
		{file: guarded + "target.go", from: "strings.TrimSpace(url), err", to: "url, err", test: "TestNamed"},
		{file: guarded + "target.go", from: "production = command.WithoutRDS(production)", to: "_ = command.WithoutRDS", test: "TestNamed"},
		{file: guarded + "target.go", from: "target.Private = private", to: "_ = private", test: "TestPrivate"},
		{file: guarded + "target.go", from: "admin.Complaint = complaint", to: "_ = complaint", test: "TestPrivate"},
		{file: guarded + "target.go", from: "command.Option{Env: variable, Secret: true}", to: "command.Option{Env: variable}", test: "TestNamed"},

		{file: guarded + "aws.go", from: "\tif confirm != \"\" {\n\t\treturn command", to: "\tif false {\n\t\treturn command", test: "TestTyped"},
		{file: guarded + "aws.go", from: "return strings.TrimSpace(line), err", to: "return strings.Clone(line), err", test: "TestTyped"},
		{file: guarded + "aws.go", from: "case ctx.Err() != nil:", to: "case false:", test: "TestTyped"},
		{file: guarded + "aws.go", from: "return \"\", terminal.ErrNobody", to: "return \"\", err", test: "TestTyped"},

		{file: guarded + "dump.go", from: "len(d) > 0 && d[0] == os.PathSeparator", to: "d != \"\" && os.PathSeparator > 0", test: "TestStateDir"},
	},
}
