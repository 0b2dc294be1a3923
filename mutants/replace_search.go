package main

var searchList = list{
	name:  "tags and search",
	tests: []string{"internal/postgres"},
	repl: []replacement{
		{file: "internal/postgres/sql/activities/create.sql", from: "cross join unnest(@tags::text[]) as t (tag)\n    where s.message = @message\n", to: "cross join unnest(@tags::text[]) as t (tag)\n", test: "TestTagsOfRepeatedAttempts"},
		{file: "internal/postgres/sql/activities/reply.sql", from: "cross join unnest(@tags::text[]) as t (tag)\n    where s.message = @message\n", to: "cross join unnest(@tags::text[]) as t (tag)\n", test: "TestTagsOfRepeatedAttempts"},
		{file: "internal/postgres/sql/activities/create_many.sql", from: "as t (place, tag) on t.place = n.place", to: "as t (place, tag) on t.place >= n.place", test: "TestTagsOfABatch"},
		{file: "internal/postgres/sql/activities/search.sql", from: "and a.uuid < @before::uuid", to: "and a.uuid <= @before::uuid", test: "TestPagingOfSearchAndTags"},
		{file: "internal/postgres/sql/tags/activities.sql", from: "t.activity_uuid < @before", to: "t.activity_uuid <= @before", test: "TestPagingOfSearchAndTags"},
		{file: "internal/postgres/sql/tags/trending.sql", from: "having count(*) >= 3", to: "having count(*) >= 2", test: "TestTrends"},
		{file: "internal/postgres/sql/tags/trending.sql", from: "least(0.1 * (a.whole - a.newest), 0.5 * a.newest)", to: "0.1 * (a.whole - a.newest)", test: "TestTrends"},
		{file: "internal/postgres/sql/tags/trending.sql", from: "/ 21600", to: "/ 2160000", test: "TestTrends"},
		{file: "internal/postgres/sql/users/search.sql", from: "            and u.suspended_at is null\n        order by u.handle collate", to: "        order by u.handle collate", test: "TestSearchMembers"},
		{file: "internal/postgres/sql/users/search.sql", from: "            and s.display_name = u.display_name\n            and u.suspended_at is null\n", to: "            and s.display_name = u.display_name\n", test: "TestSearchMembers"},
		{file: "internal/postgres/indexer.go", from: "case len(found) == batch:", to: "case false:", test: "TestIndexer"},
	},
}

// foundList changes how terms are read and what is found is shown.
var foundList = list{
	name: "terms, trends",
	repl: []replacement{
		{file: "search.go", from: "utf8.RuneCountInString(term) > MaxSearch", to: "utf8.RuneCountInString(term) >= MaxSearch", test: "TestParseSearch"},
		{file: "search.go", from: "last && !p.closed", to: "last", test: "TestParseSearch"},
		{file: "search.go", from: "words[n-1].last && words[n-2].pair", to: "false", test: "TestParseSearch"},
		{file: "search.go", from: "(w.last || open && !w.pair)", to: "(open && !w.pair)", test: "TestParseSearch"},
		{file: "words.go", from: "norm.NFKD.String(cases.Fold().String(norm.NFKD.String(text)))", to: "cases.Fold().String(text)", test: "TestWords"},
		{file: "words.go", from: " && r != '\\u3099'", to: "", test: "TestWords"},
		{file: "internal/feed/trends.go", from: "end.After(now)", to: "!end.Before(now)", test: "TestTrends"},
		{file: "internal/feed/trends.go", from: "authors >= cruddur.MinTrendAuthors", to: "authors > cruddur.MinTrendAuthors", test: "TestTrends"},
		{file: "internal/feed/trends.go", from: "|| !fresh(t.read, leastKept, now)", to: "", test: "TestTrends"},
		{file: "internal/sweep/sweep.go", from: "time.Since(started) > longest", to: "time.Since(started) > 100*longest", test: "TestTasksThatAdd"},
		{file: "internal/sweep/sweep.go", from: "n > 0 && !t.Adds", to: "n > 0", test: "TestTasksThatAdd"},
		{file: "internal/web/linkify.go", from: "if cut {", to: "if !cut {", test: "TestLinkify"},
		{file: "internal/web/search.go", from: "if err != nil || tag == r.PathValue(\"tag\") {", to: "if err != nil || true {", test: "TestTagPage"},
	},
}
