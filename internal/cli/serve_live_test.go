package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

// listener is a stream of a server that is read.
type listener struct {
	t    *testing.T
	name string
	stop context.CancelFunc
	done chan struct{} // closed when the server has ended it

	mu   sync.Mutex
	text bytes.Buffer
}

// stream opens a stream; token may be "".
func (s *serving) stream(path, token string) *listener {
	s.t.Helper()
	ctx, cancel := context.WithCancel(s.t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	l := &listener{t: s.t, name: s.url + path, stop: cancel, done: make(chan struct{})}
	if kind := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || kind != "text/event-stream" {
		s.t.Fatalf("%s: %d %s\n%s", l.name, res.StatusCode, kind, s.stderr)
	}
	s.t.Cleanup(cancel)
	go func() {
		defer close(l.done)
		defer res.Body.Close()
		b := make([]byte, 4096)
		for {
			n, err := res.Body.Read(b)
			l.mu.Lock()
			l.text.Write(b[:n])
			l.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	l.await("retry: ")
	return l
}

func (l *listener) got() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// await waits until the stream has brought something, however slow the machine is.
func (l *listener) await(what string) {
	l.t.Helper()
	for end := time.Now().Add(time.Minute); !strings.Contains(l.got(), what); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			l.t.Fatalf("%s does not bring %q:\n%s", l.name, what, l.got())
		}
	}
}

func (l *listener) awaitEnd() {
	l.t.Helper()
	select {
	case <-l.done:
	case <-time.After(time.Minute):
		l.t.Fatalf("%s does not end:\n%s", l.name, l.got())
	}
}

// ask sends JSON to the API and returns the answer.
func (s *serving) ask(token, method, path, body string) (out struct{ UUID string }) {
	s.t.Helper()
	r, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("%s %s: %d %s", method, path, res.StatusCode, b)
	}
	_ = json.Unmarshal(b, &out)
	return out
}

// gone waits until no answer of the home feed has a text: neither the page nor the API, which are kept in memory.
func (s *serving) gone(text string) {
	s.t.Helper()
	for _, path := range []string{"/", "/api/activities/home"} {
		for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
			if _, body, _ := s.get(path); !strings.Contains(body, text) {
				break
			}
			if time.Now().After(end) {
				s.t.Fatalf("%s%s still shows %q", s.url, path, text)
			}
		}
	}
}

// Two servers on one database and a third behind a pooler: what happens at one is told at the others, and what is hidden
// is hidden there.
func TestServersTellEachOther(t *testing.T) {
	t.Parallel()
	strict := pgtest.StartStrict(t)
	if err := postgres.EnsureDatabase(t.Context(), strict.URL("postgres", "postgres"), "cruddur"); err != nil {
		t.Fatal(err)
	}
	direct := strict.URL("postgres", "cruddur")
	backend, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "cruddur-pooler-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	sockets, stop, err := pgtest.Pooler(backend, dir, "ignore_startup_parameters = statement_timeout,idle_in_transaction_session_timeout,plan_cache_mode\n")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	env := func(database string) map[string]string {
		return map[string]string{"CONNECTION_URL": database, "CRUDDUR_RATE_LIMITS": "false", "CRUDDUR_ACCESS_LOG": "false", "HOME": t.TempDir()}
	}
	a := serve(t, env(direct), "--migrate")
	b := serve(t, env(direct))
	c := serve(t, env("postgresql://anybody@/cruddur?sslmode=disable&default_query_exec_mode=cache_describe&host="+url.QueryEscape(sockets)))
	servers := []*serving{a, b, c}
	command := func(input string, args ...string) {
		t.Helper()
		out := &transcript{}
		if code := Run(t.Context(), args, func(name string) string { return env(direct)[name] }, strings.NewReader(input), io.Discard, out); code != 0 {
			t.Fatalf("%v: %d\n%s", args, code, out)
		}
	}
	tokens := map[string]string{}
	for _, name := range []string{"ada", "bo", "cem"} {
		command("correct horse "+name+"\n", "user", "create", "--email", name+"@example.com", "--handle", name, "--name", name, "--password-stdin")
		tokens[name] = a.accessToken(name+"@example.com", "correct horse "+name)
	}
	for _, s := range servers { // a server asks for the name of the one that signs once a second
		for end := time.Now().Add(time.Minute); s.me(tokens["ada"]) != 200 && time.Now().Before(end); {
			time.Sleep(50 * time.Millisecond)
		}
	}
	var strangers, members []*listener
	of := map[string][]*listener{}
	for _, s := range servers {
		strangers = append(strangers, s.stream("/live", ""), s.stream("/api/stream", ""))
		for name, token := range tokens {
			l := s.stream("/api/stream", token)
			of[name], members = append(of[name], l), append(members, l)
		}
	}
	all := append(append([]*listener(nil), strangers...), members...)
	everywhere := func(list []*listener, what string) {
		t.Helper()
		for _, l := range list {
			l.await(what)
		}
	}

	post := a.ask(tokens["bo"], "POST", "/api/activities", `{"message":"from bo at a","ttl":"1-day"}`).UUID
	other := c.ask(tokens["cem"], "POST", "/api/activities", `{"message":"from cem at c","ttl":"1-day"}`).UUID
	everywhere(all, post)
	everywhere(all, other)
	b.ask(tokens["ada"], "PUT", "/api/activities/"+post+"/like", "")
	everywhere(all, `"likes":1`)
	everywhere(of["bo"], `{"notifications":1,"messages":0}`)
	c.ask(tokens["bo"], "DELETE", "/api/activities/"+post, "")
	everywhere(all, `{"uuid":"`+post+`"}`)
	for _, s := range servers {
		s.gone("from bo at a")
	}

	b.ask(tokens["ada"], "PUT", "/api/users/@bo/block", "")
	everywhere(of["ada"], `{"handle":"bo"}`)
	everywhere(of["bo"], `{"reason":"sight"}`)
	hidden := a.ask(tokens["bo"], "POST", "/api/activities", `{"message":"again from bo","ttl":"1-day"}`).UUID
	shown := a.ask(tokens["ada"], "POST", "/api/activities", `{"message":"from ada","ttl":"1-day"}`).UUID
	everywhere(strangers, hidden)
	everywhere(of["ada"], shown)
	for _, l := range of["ada"] {
		if strings.Contains(l.got(), hidden) {
			t.Errorf("%s: ada is told of a crud of bo, whom she blocks", l.name)
		}
	}
	for _, l := range of["bo"] {
		l.await(hidden)
		if strings.Contains(l.got(), shown) || strings.Contains(l.got(), `"ada"`) {
			t.Errorf("%s: bo is told of ada, who blocks him:\n%s", l.name, l.got())
		}
	}

	command("", "user", "suspend", "cem")
	everywhere(append(strangers, of["ada"]...), `{"handle":"cem"}`)
	for _, l := range of["cem"] {
		l.awaitEnd()
	}
	for _, s := range servers {
		s.gone("from cem at c")
	}
	command("", "user", "sessions", "ada", "--end-all")
	for _, l := range of["ada"] {
		l.awaitEnd()
	}
	command("", "place", "set", "--reading", "members")
	for _, l := range strangers {
		l.awaitEnd()
	}
	for _, l := range of["bo"] {
		select {
		case <-l.done:
			t.Errorf("%s: bo may read, and the stream has ended", l.name)
		default:
		}
	}
	for _, l := range all {
		for _, id := range []string{post, other, shown, hidden} {
			if n := len(regexp.MustCompile(`(?m)^event: new\n.*\ndata: {"uuid":"`+id).FindAllString(l.got(), -1)); n > 1 {
				t.Errorf("%s: %s is told %d times", l.name, id, n)
			}
		}
	}
	for _, s := range servers {
		if code := s.end(); code != 0 {
			t.Errorf("%s ends with %d", s.url, code)
		}
	}
	for _, l := range of["bo"] {
		l.awaitEnd()
		if got := l.got(); !regexp.MustCompile(`\nretry: \d{1,4}\n\n$`).MatchString(got) {
			t.Errorf("%s ends with %s", l.name, fmt.Sprintf("%.100q", got[max(0, len(got)-100):]))
		}
	}
}
