package main

const (
	conversations = "internal/postgres/sql/conversations/"
	messages      = "internal/postgres/sql/messages/"
)

// messagesList changes the statements of private messages.
var messagesList = list{
	name:  "statements: private messages",
	tests: []string{"internal/postgres"},
	repl: []replacement{
		{file: "internal/postgres/sql/activities/next_expiry.sql", from: "(select min(expires_at) from messages),\n", to: "", test: "TestSweepMessages"},
		{file: "internal/postgres/sql/activities/next_expiry.sql", from: "min(expires_at) from conversations", to: "max(expires_at) from conversations", test: "TestSweepMessages"},
		{file: conversations + "accept.sql", from: "c.second_accepted or c.second_uuid = @user_uuid", to: "true", test: "TestMessagesAtOnce"},
		{file: conversations + "begin.sql", from: "    and u.suspended_at is null\n", to: "", same: "messages/send asks again, and the conversation goes unseen"},
		{file: conversations + "forget.sql", from: "c.expires_at <= @now", to: "c.expires_at < @now", test: "TestMessagesEnd"},
		{file: conversations + "list.sql", from: "order by m.uuid desc", to: "order by m.uuid", test: "TestMessages"},
		{file: conversations + "list.sql", from: "p.last_uuid < @before::uuid", to: "p.last_uuid <= @before::uuid", test: "TestMessages"},
		{file: conversations + "list.sql", from: "p.request = @requests::boolean", to: "(p.request = @requests::boolean or true)", test: "TestRequests"},
		{file: conversations + "list.sql", from: "m.uuid > c.read_uuid", to: "m.uuid >= c.read_uuid", test: "TestMessagesAtOnce"},
		{file: conversations + "show.sql", from: "m.user_uuid <> @viewer_uuid\n                    and ", to: "", test: "TestMessages"},
		{file: conversations + "seen.sql", from: "greatest(c.first_read_uuid, least(@seen_uuid::uuid, c.last_uuid))", to: "least(@seen_uuid::uuid, c.last_uuid)", same: "only what is newer is written; two requests at the same moment need the word"},
		{file: conversations + "seen.sql", from: "greatest(c.second_read_uuid, least(@seen_uuid, c.last_uuid))", to: "greatest(c.second_read_uuid, @seen_uuid)", test: "TestMessages"},
		{file: conversations + "set_timer.sql", from: "case when c.timer = @timer then c.timer_changed_at else", to: "case when false then c.timer_changed_at else", test: "TestTimer"},
		{file: messages + "delete.sql", from: "                and m.uuid <> d.uuid\n", to: "", test: "TestDeletedMessagesDoNotKeepAConversation"},
		{file: messages + "delete.sql", from: "        and m.user_uuid = @user_uuid\n", to: "", test: "TestMessages"},
		{file: messages + "send.sql", from: "c.unanswered >= 5", to: "c.unanswered >= 4", test: "TestRequests"},
		{file: messages + "send.sql", from: "    join users u on u.uuid = @user_uuid and u.suspended_at is null\n", to: "", test: "TestUnreachableMembers"},
		{file: messages + "send.sql", from: "greatest(@now, c.last_at + interval '1 microsecond')", to: "@now", test: "TestMessages"},
		{file: messages + "send.sql", from: "greatest(c.expires_at, s.expires_at + interval '720 hours')", to: "s.expires_at + interval '720 hours'", test: "TestMessagesEnd"},
		{file: messages + "send.sql", from: "        and (@conversation_uuid::uuid is null or c.uuid = @conversation_uuid)\n", to: "        and (@conversation_uuid::uuid is null or true)\n", same: "the caller has looked the conversation up; only one that is deleted at that moment and begun anew would be taken for it"},
		{file: messages + "send.sql", from: "join target t on t.new_uuid = s.uuid", to: "join target t on true", test: "TestMessagesAtOnce"},
		{file: messages + "sweep.sql", from: "least(@now::timestamptz, now())", to: "@now::timestamptz", test: "TestSweepMessagesByTwoClocks"},
		{file: messages + "sweep.sql", from: "    for update skip locked\n", to: "", test: "TestSweepMessages"},
		{file: messages + "unread.sql", from: "        and not c.request\n", to: "", test: "TestRequests"},
		{file: messages + "unread.sql", from: "        and not c.muted\n", to: "", test: "TestMessages"},
		{file: messages + "unread.sql", from: "m.uuid > c.read_uuid", to: "m.uuid >= c.read_uuid", test: "TestMessages"},
	},
}
