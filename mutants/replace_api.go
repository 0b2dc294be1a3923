package main

const api = "internal/api/"

// apiList changes what the API shows to whom.
var apiList = list{
	name:  "the API",
	tests: []string{"internal/api"},
	repl: []replacement{
		{file: api + "activities.go", from: "!p.named && c.fromFrontend()", to: "c.fromFrontend()", test: "TestOriginalHome"},
		{file: api + "activities.go", from: " && &shown[0] == &list[0] {", to: " {", test: "TestAdvisorySharedCache"},
		{file: api + "conversations.go", from: "limitBy(ratelimit.Posts", to: "limitBy(ratelimit.Writes", test: "TestReplyIsAPost"},
		{file: api + "conversations.go", from: "	case a.UserUUID != u.UUID:\n		return cruddur.NewError(cruddur.KindForbidden)\n", to: "", test: "TestEnd"},
		{file: api + "conversations.go", from: "	case ttl == \"\" && a.ReplyTo.IsZero():", to: "	case false:", test: "TestEnd"},
		{file: api + "conversations.go", from: "	c.linkActivities(p, list[above+1:])\n", to: "", test: "TestPaging"},
		{file: api + "follows.go", from: "cruddur.UUIDAfter(c.now)", to: "cruddur.MaxUUID", test: "TestPaging"},
		{file: api + "follows.go", from: "list[len(list)-1].Place)", to: "list[len(list)-1].UUID)", test: "TestPaging"},
		{file: api + "marks.go", from: "err == nil && u.Suspended || err", to: "err", test: "TestReaderWithoutRow"},
		{file: api + "marks.go", from: "	if err == nil && len(list) == 0 {", to: "	if err != nil {", test: "TestAdvisoryStatusTellsWhatIsHidden"},
		{file: api + "paging.go", from: "p.named || p.limit", to: "p.limit", test: "TestOriginalHome"},
		{file: api + "paging.go", from: "list[len(list)-1].Cursor()", to: "list[len(list)-1].UUID", test: "TestPaging"},
		{file: api + "router.go", from: " || p.literal == \"\" && value[0] == '@'", to: "", test: "TestErrorsAreJSON"},
		{file: api + "users.go", from: "!p.LikesPublic && reader != p.UUID", to: "!p.LikesPublic && reader.IsZero()", test: "TestWhoMarks"},
		{file: api + "users.go", from: "	page.limit = min(page.limit, page.usual)\n", to: "", test: "TestMember"},

		{file: "internal/postgres/sql/follows/followers.sql", from: "    and u.suspended_at is null\n", to: "", test: "TestInvisible"},
		{file: "internal/postgres/sql/follows/suggested.sql", from: "where u.suspended_at is null\n", to: "where true\n", test: "TestInvisible"},
		{file: "internal/postgres/sql/activities/export.sql", from: "a.hidden = 0 or u.suspended_at is not null", to: "true", test: "TestInvisible"},
	},
}
