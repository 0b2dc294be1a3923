package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// talker is a member of the bench who is signed in, over the API and in a browser.
type talker struct{ uuid, token, cookie string }

// talk measures conversations and prints what it has measured.
func talk(ctx context.Context, b *bench, url string) error {
	if err := b.talkers(ctx, url); err != nil {
		return err
	}
	if err := b.rounds(ctx); err != nil {
		return err
	}
	b.targets = b.posts
	if err := b.rounds(ctx); err != nil {
		return err
	}
	b.report.flags = b.flags
	b.report.loaded = b.cruddur.memory()
	b.report.printTalk()
	return nil
}

// talkers makes the members that the targets need, and adds the targets.
func (b *bench) talkers(ctx context.Context, url string) error {
	host := b.cruddur.address
	readers := map[int]talker{}
	for _, follows := range []int{50, 500, 5000} {
		handle := "reader_" + strconv.Itoa(follows)
		t, err := b.talker(ctx, url, handle)
		if err != nil {
			return err
		}
		readers[follows] = t
		_, err = b.db.sql(ctx, runName, fmt.Sprintf(`insert into follows (follower_uuid, followed_uuid)
			select '%s', uuid from (select uuid from users where handle like 'bench_%%' order by hashtext(handle) limit %d) u;`, t.uuid, follows))
		if err != nil {
			return err
		}
	}
	notified, err := b.notified(ctx, url)
	if err != nil {
		return err
	}
	var crowd []talker
	for i := range b.connections {
		t, err := b.talker(ctx, url, "liker_"+strconv.Itoa(i))
		if err != nil {
			return err
		}
		crowd = append(crowd, t)
	}
	const numbered = `create table bench_things as select row_number() over (order by uuid desc) as n, uuid from activities where root_uuid is null order by uuid desc limit 20000;
		create unique index on bench_things (n);
		create table bench_people as select row_number() over (order by uuid) as n, uuid from users;
		create unique index on bench_people (n);
		vacuum analyze; checkpoint;`
	if _, err := b.db.sql(ctx, runName, numbered); err != nil {
		return err
	}
	list := func(query string) ([]string, error) {
		out, err := b.db.sql(ctx, runName, query)
		return strings.Fields(out), err
	}
	newest, err := list("select uuid from activities where root_uuid is null order by uuid desc limit 20000;")
	if err != nil {
		return err
	}
	threads, err := list("select a.uuid || ',' || u.handle from activities a join users u on u.uuid = a.user_uuid where replies_count between 200 and 300 order by a.uuid desc limit 50;")
	if err != nil || len(threads) == 0 {
		return fmt.Errorf("there are %d threads of 200: %w", len(threads), err)
	}
	b.reads(host, readers, threads)
	b.notifications(host, notified)
	b.likes(host, crowd, newest)
	if err := b.conversations(ctx, host, readers[500]); err != nil {
		return err
	}
	if err := b.pictures(host, crowd[0]); err != nil {
		return err
	}
	reads := b.targets
	b.targets = nil
	b.http("create", b.cruddur, func(c, n int) []byte {
		return post(host, "/api/activities", crowd[c%len(crowd)].token, fmt.Sprintf(`{"message":"Crud %d of connection %d, as long as one that somebody writes.","ttl":"7-days"}`, n, c))
	})
	b.targets, b.posts = reads, b.targets
	return nil
}

func (b *bench) talker(ctx context.Context, url, handle string) (t talker, err error) {
	host := b.cruddur.address
	if t.token, err = signIn(ctx, b.binary, url, host, handle); err != nil {
		return t, err
	}
	if t.cookie, err = browse(host, handle); err != nil {
		return t, err
	}
	body, err := fetch(http.MethodGet, "http://"+host+"/api/users/@"+handle+"/short", "")
	if err == nil {
		var short struct{ UUID string }
		err = json.Unmarshal(body, &short)
		t.uuid = short.UUID
	}
	return t, err
}

func bearer(request []byte, t talker) []byte { return with(request, "Authorization: Bearer "+t.token) }

// reads are the targets that read, and what pgbench makes of their statements.
func (b *bench) reads(host string, readers map[int]talker, threads []string) {
	last := "ffffffff-ffff-ffff-ffff-ffffffffffff"
	pgbench := func(name, statement string, args map[string]string) {
		b.add(name, func(ctx context.Context) (result, error) {
			args["now"] = time.Now().UTC().Format(time.RFC3339Nano)
			return b.db.bench(ctx, runName, statement, 20, b.connections, b.duration, args)
		})
	}
	pages := uncached(host, "/?")
	b.http("home20 uncached HTML", b.cruddur, pages)
	b.http("home20 signed in HTML", b.cruddur, func(c, n int) []byte {
		return with(pages(c, n), "Cookie: "+readers[500].cookie)
	})
	for _, follows := range []int{50, 500, 5000} {
		t := readers[follows]
		b.http(fmt.Sprintf("following %d", follows), b.cruddur, fixed(bearer(get(host, "/api/activities/following"), t)))
		statement, args := "activities/following_many", map[string]string{
			"viewer_uuid": t.uuid, "before": last, "since": last, "rows": strconv.Itoa(8 * min(follows, 1000)), "page": "20",
		}
		if follows <= 100 {
			statement = "activities/following_few"
			args = map[string]string{"viewer_uuid": t.uuid, "before": last, "since": last, "enough": "40"}
		}
		pgbench(fmt.Sprintf("pgbench following %d", follows), statement, args)
	}
	root, _, _ := strings.Cut(threads[0], ",")
	b.http("thread 200", b.cruddur, func(int, int) []byte {
		uuid, handle, _ := strings.Cut(threads[rand.N(len(threads))], ",")
		return get(host, "/api/activities/@"+handle+"/status/"+uuid)
	})
	pgbench("pgbench thread 200", "activities/thread", map[string]string{"uuid": root, "after": "00000000-0000-0000-0000-000000000000"})
	b.http("profile HTML", b.cruddur, func(int, int) []byte { return get(host, "/@bench_"+strconv.Itoa(1+rand.N(10000))) })
	b.http("search, a common word", b.cruddur, fixed(get(host, "/api/activities/search?term=fox")))
	b.http("search, a rare word", b.cruddur, func(int, int) []byte {
		return get(host, "/api/activities/search?term="+strconv.Itoa(1+rand.N(1000000)))
	})
	b.http("search, two words that never meet", b.cruddur, fixed(get(host, "/api/activities/search?term=tea+coffee")))
	b.http("tag page HTML", b.cruddur, func(int, int) []byte { return get(host, "/tags/topic"+strconv.Itoa(1+rand.N(1000))) })
}

// notified makes members who have written what members of the bench wrote, and who are told what these were told.
func (b *bench) notified(ctx context.Context, url string) (list []talker, err error) {
	for i := 1; i <= 4; i++ {
		t, err := b.talker(ctx, url, "told_"+strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		_, err = b.db.sql(ctx, runName, strings.NewReplacer("$told", "'"+t.uuid+"'", "$bench", "(select uuid from users where handle = 'bench_"+strconv.Itoa(i)+"')").Replace(
			`update activities set user_uuid = $told where user_uuid = $bench;
			update follows set followed_uuid = $told where followed_uuid = $bench;
			update notifications set user_uuid = $told where user_uuid = $bench;`))
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

// notifications are the targets that tell members what others did. The first page of each marks all as read.
func (b *bench) notifications(host string, notified []talker) {
	b.http("notifications", b.cruddur, func(int, int) []byte {
		return bearer(get(host, "/api/notifications"), notified[rand.N(len(notified))])
	})
	b.http("notifications HTML", b.cruddur, func(int, int) []byte {
		return with(get(host, "/notifications"), "Cookie: "+notified[rand.N(len(notified))].cookie)
	})
	b.http("unread", b.cruddur, func(int, int) []byte {
		return bearer(get(host, "/api/notifications/unread"), notified[rand.N(len(notified))])
	})
}

// conversations are the targets of private messages: of a member who has written with a hundred others.
func (b *bench) conversations(ctx context.Context, host string, t talker) error {
	_, err := b.db.sql(ctx, runName, fmt.Sprintf(`with c as (
			insert into conversations (first_uuid, second_uuid, first_accepted, second_accepted, first_read_uuid, second_read_uuid, last_uuid, last_at, created_at, expires_at)
			select least(uuid, '%[1]s'), greatest(uuid, '%[1]s'), true, true, uuid_v7(now() + interval '1 second'), uuid_v7(now() + interval '1 second'), uuid_v7(), now(), now(), now() + interval '37 days'
			from users where handle in (select 'bench_' || n from generate_series(1, 100) n)
			returning *)
		insert into messages (uuid, conversation_uuid, user_uuid, message, created_at, expires_at)
		select uuid_v7(at), c.uuid, case when i %% 2 = 0 then c.first_uuid else c.second_uuid end, 'Message number ' || i || ', as long as they are.', at, at + interval '7 days'
		from c, generate_series(1, 500) i cross join lateral (select now() - i * interval '1 minute' as at) t;
		vacuum analyze conversations, messages;`, t.uuid))
	if err != nil {
		return err
	}
	with100 := func(path string) func(int, int) []byte {
		return func(int, int) []byte { return bearer(get(host, path+strconv.Itoa(1+rand.N(100))), t) }
	}
	b.http("conversation", b.cruddur, with100("/api/messages/@bench_"))
	b.http("conversations", b.cruddur, fixed(bearer(get(host, "/api/message_groups"), t)))
	b.http("conversation HTML", b.cruddur, func(int, int) []byte {
		return with(get(host, "/messages/@bench_"+strconv.Itoa(1+rand.N(100))), "Cookie: "+t.cookie)
	})
	return nil
}

// likes are the targets that like.
func (b *bench) likes(host string, crowd []talker, newest []string) {
	set := func(t talker, method, uuid string) []byte {
		return bearer([]byte(method+" /api/activities/"+uuid+"/like HTTP/1.1\r\nHost: "+host+"\r\nContent-Length: 0\r\n\r\n"), t)
	}
	b.http("like, different cruds", b.cruddur, func(c, _ int) []byte {
		return set(crowd[c%len(crowd)], "PUT", newest[rand.N(len(newest))])
	})
	b.http("like, one crud", b.cruddur, func(c, n int) []byte { // each member likes it, and takes it back
		return set(crowd[c%len(crowd)], []string{"PUT", "DELETE"}[n%2], newest[77])
	})
	b.add("pgbench like", func(ctx context.Context) (result, error) {
		return b.db.script(ctx, runName, singleLike, b.connections, b.duration, nil)
	})
}

// singleLike is a like as one would write it without batches: a row and its counter.
const singleLike = `\set thing random(1, 20000)
\set person random(1, 10000)
with added as (
	insert into likes (activity_uuid, user_uuid)
	select t.uuid, p.uuid from bench_things t, bench_people p where t.n = :thing and p.n = :person
	on conflict do nothing returning activity_uuid
)
update activities a set likes_count = a.likes_count + 1 from added where a.uuid = added.activity_uuid;
`

var talkAims = []aim{
	{"home20 signed in HTML", "home20 uncached HTML", 0.6},
	{"following 50", "pgbench following 50", 0.35},
	{"following 500", "pgbench following 500", 0.35},
	{"following 5000", "pgbench following 5000", 0.35},
	{"thread 200", "pgbench thread 200", 0.35},
	{"like, different cruds", "pgbench like", 0.8},
	{"like, one crud", "pgbench like", 2},
}

var talkP99 = map[string]time.Duration{
	"following 50": 15 * time.Millisecond, "following 500": 25 * time.Millisecond, "following 5000": 50 * time.Millisecond,
	"thread 200": 25 * time.Millisecond, "profile HTML": 20 * time.Millisecond, "tag page HTML": 20 * time.Millisecond,
	"conversation": 20 * time.Millisecond, "conversations": 20 * time.Millisecond, "conversation HTML": 20 * time.Millisecond,
	"search, a common word": 50 * time.Millisecond, "search, a rare word": 50 * time.Millisecond, "search, two words that never meet": 50 * time.Millisecond,
	"notifications": 20 * time.Millisecond, "notifications HTML": 20 * time.Millisecond,
	"picture, large": 20 * time.Millisecond, "picture, small": 20 * time.Millisecond, "picture, cached": 20 * time.Millisecond,
}

func (r *report) printTalk() {
	tw := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	r.table(tw)
	tw = tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	r.ratios(tw, talkAims)
	for _, l := range r.lines {
		if most, ok := talkP99[l.name]; ok {
			fmt.Fprintf(tw, "%s\tp99 of %s\t%.1f ms\taim ≤ %d ms\n", mark(l.p99 <= most && l.failed == 0), l.name, ms(l.p99), most/time.Millisecond)
		}
	}
	fmt.Fprintf(tw, "%s\tmemory (RSS) after load\t%d MB\taim ≤ 120 MB\n", mark(r.loaded <= 120<<20), r.loaded>>20)
	tw.Flush()
}
