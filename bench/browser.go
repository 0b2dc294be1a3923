package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"

	"cruddur/internal/identity"
)

// manyMembers is the number of members of the target in which no request is of a member who has just asked.
const manyMembers = 1000

// browsers are the targets that ask as browsers do: with Accept-Encoding, and signed in. Each has beside it a constant
// answer of the same bytes, and itself with posts mixed in: one of a hundred requests.
func (b *bench) browsers(ctx context.Context, host, token string) error {
	cookies, err := b.sessions(ctx)
	if err != nil {
		return err
	}
	gzipped := func(request []byte) []byte { return with(request, "Accept-Encoding: gzip") }
	page, feed := get(host, "/"), get(host, "/api/activities/home")
	members := make([][]byte, len(cookies))
	for i, cookie := range cookies {
		members[i] = gzipped(with(page, "Cookie: cruddur="+cookie))
	}
	targets := []struct {
		name, constant string
		request        func(c, n int) []byte
	}{
		{"home20 plain", "constant JSON plain", fixed(feed)},
		{"home20 gzip", "constant JSON gzip", fixed(gzipped(feed))},
		{"home20 HTML gzip", "constant HTML gzip", fixed(gzipped(page))},
		{"home20 HTML member gzip", "constant HTML member gzip", func(c, _ int) []byte { return members[c%b.connections] }},
	}
	if err := b.mark(ctx); err != nil {
		return err
	}
	var answers []constantAnswer
	for _, t := range targets {
		a, err := answerOf(t.request(0, 0), host)
		if err != nil {
			return err
		}
		a.Path = "/" + strings.ReplaceAll(t.constant, " ", "-")
		answers = append(answers, a)
		say("%s: %d bytes", t.name, len(a.Body))
	}
	p, err := startConstant(ctx, answers)
	if err != nil {
		return err
	}
	b.others = append(b.others, p)
	create := func(c, n int) []byte {
		return post(host, "/api/activities", token, fmt.Sprintf(`{"message":"Crud %d of connection %d, as long as one that somebody writes.","ttl":"7-days"}`, n, c))
	}
	add := func(name string, request func(c, n int) []byte) {
		b.add(name, func(ctx context.Context) (result, error) {
			if err := b.mark(ctx); err != nil {
				return result{}, err
			}
			return b.cruddur.measured(b.connections, b.duration, request), nil
		})
	}
	for i, t := range targets {
		b.http(t.constant, p, fixed(gzipped(get(p.address, answers[i].Path))))
		add(t.name, t.request)
		add(t.name+", 1 % posts", func(c, n int) []byte {
			if n%100 == 99 {
				return create(c, n)
			}
			return t.request(c, n)
		})
	}
	add("home20 HTML many members gzip", func(c, n int) []byte { return members[rand.N(len(members))] })
	return nil
}

// sessions signs members in, by the rows that a sign-in leaves, and returns their cookies.
func (b *bench) sessions(ctx context.Context) (cookies []string, err error) {
	var rows []string
	for i := range manyMembers {
		token, hash := identity.NewToken()
		cookies = append(cookies, token)
		rows = append(rows, fmt.Sprintf(`('bench_%d', '\x%s'::bytea)`, i+1, hex.EncodeToString(hash)))
	}
	_, err = b.db.sql(ctx, runName, `insert into sessions (user_uuid, token_hash, user_agent, address, last_used_at, created_at)
		select u.uuid, t.hash, 'bench', '127.0.0.1', now(), now() from (values `+strings.Join(rows, ",")+`) as t (handle, hash) join users u using (handle);`)
	return cookies, err
}

// mark lets the members like two of the newest cruds, because most members who read have.
func (b *bench) mark(ctx context.Context) error {
	_, err := b.db.sql(ctx, runName, fmt.Sprintf(`insert into likes (activity_uuid, user_uuid)
		select a.uuid, u.uuid
		from (select uuid, row_number() over (order by uuid desc) as n from activities where expires_at > now() and root_uuid is null order by uuid desc limit 20) a
			join (select uuid, substr(handle, 7)::int as n from users where handle ~ '^bench_[0-9]+$') u on u.n <= %d and a.n in (1 + u.n %% 20, 1 + u.n * 7 %% 20)
		on conflict do nothing;`, manyMembers))
	return err
}

// answerOf returns the answer to a raw request, as it stands on the wire.
func answerOf(request []byte, host string) (a constantAnswer, err error) {
	head := strings.Split(strings.TrimSpace(string(request)), "\r\n")
	req, err := http.NewRequest(http.MethodGet, "http://"+host+strings.Fields(head[0])[1], nil)
	if err != nil {
		return a, err
	}
	req.Header.Set("Accept-Encoding", "identity") // otherwise the client asks for gzip, and hides it
	for _, line := range head[1:] {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return a, err
	}
	defer resp.Body.Close()
	a = constantAnswer{Type: resp.Header.Get("Content-Type"), Encoding: resp.Header.Get("Content-Encoding")}
	if a.Body, err = io.ReadAll(resp.Body); err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", head[0], resp.Status)
	}
	if signedIn := slices.ContainsFunc(head, func(l string) bool { return strings.HasPrefix(l, "Cookie: ") }); err == nil && signedIn && len(resp.Cookies()) > 0 {
		err = fmt.Errorf("%s: the session is refused", head[0])
	}
	return a, err
}
