package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"cruddur/internal/cli/command"
	"cruddur/internal/pgserver"
)

// load posts and reads without a pause until it is stopped.
type load struct {
	s     *serving
	token string
	stop  chan struct{}
	wg    sync.WaitGroup

	mu     sync.Mutex
	acked  map[string]string // message to uuid, of every post that was answered with 200
	last   time.Time         // of the last acknowledged post
	refuse atomic.Int64      // posts answered with 503
	late   atomic.Int64      // Unix microseconds at which the last of them was sent
	reads  atomic.Int64      // reads answered with 200 while posts are refused
}

func startLoad(s *serving, token string) *load {
	l := &load{s: s, token: token, stop: make(chan struct{}), acked: map[string]string{}}
	for w := range 4 {
		l.wg.Go(func() {
			for i := 0; !l.stopped(); i++ {
				l.post(fmt.Sprintf("writer %d, crud %d", w, i))
			}
		})
	}
	for range 2 {
		l.wg.Go(func() {
			for !l.stopped() {
				// A cursor is never answered from memory.
				if status, _, err := l.send("GET", "/api/activities/home?before=ffffffff-ffff-7fff-bfff-ffffffffffff", nil); err == nil && status == 200 {
					l.reads.Add(1)
				}
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	return l
}

func (l *load) stopped() bool {
	select {
	case <-l.stop:
		return true
	default:
		return false
	}
}

func (l *load) end() {
	close(l.stop)
	l.wg.Wait()
}

// post tries once and returns the status; 0 is no answer.
func (l *load) post(message string) int {
	body, _ := json.Marshal(map[string]string{"message": message, "ttl": "1-day"})
	sent := time.Now().UnixMicro()
	status, answer, err := l.send("POST", "/api/activities", body)
	switch {
	case err != nil:
		return 0
	case status == 200:
		var a struct{ UUID string }
		json.Unmarshal(answer, &a)
		l.mu.Lock()
		l.acked[message], l.last = a.UUID, time.Now()
		l.mu.Unlock()
	case status == 503:
		l.refuse.Add(1)
		l.mu.Lock()
		l.late.Store(max(l.late.Load(), sent))
		l.mu.Unlock()
		time.Sleep(20 * time.Millisecond)
	}
	return status
}

func (l *load) send(method, path string, body []byte) (status int, answer []byte, err error) {
	req, err := http.NewRequest(method, l.s.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+l.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := (&http.Client{Timeout: 30 * time.Second}).Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer res.Body.Close()
	answer, err = io.ReadAll(res.Body)
	return res.StatusCode, answer, err
}

func (s *serving) metrics() string {
	s.t.Helper()
	res, err := http.Get(s.await(regexp.MustCompile(`Metrics are at (\S+)`)))
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

// signIn makes a member and returns an access token.
func (s *serving) signIn(env map[string]string) string {
	s.t.Helper()
	getenv := func(name string) string { return env[name] }
	stderr := &transcript{}
	if code := Run(s.t.Context(), []string{"user", "create", "--email", "load@example.com", "--handle", "load", "--password-stdin"},
		getenv, strings.NewReader("a long enough secret\n"), io.Discard, stderr); code != 0 {
		s.t.Fatalf("user create: %d\n%s", code, stderr)
	}
	res, err := http.Post(s.url+"/api/auth/signin", "application/json", strings.NewReader(`{"email":"load@example.com","password":"a long enough secret"}`))
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var tokens struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&tokens); err != nil || tokens.AccessToken == "" {
		s.t.Fatalf("sign in: %d, %v", res.StatusCode, err)
	}
	return tokens.AccessToken
}

// TestServeFailover switches primary and standby under load, as Amazon does it: the old primary comes back
// as a standby while the address still leads to it, so that every connection that is opened then is a
// standby's, and only later does the address lead to the new primary. From then on posts are stored, and
// nothing that was acknowledged is lost.
func TestServeFailover(t *testing.T) {
	t.Parallel()
	a := startNode(t, openDir(t))
	a.exec("create database cruddur")
	b := a.standby(openDir(t))
	a.exec("alter system set synchronous_standby_names = '*'") // after the copy, so that b waits for nobody
	a.exec("select pg_reload_conf()")
	a.until("select coalesce(max(sync_state), '') from pg_stat_replication", "sync")
	at := newAddress(t, a)
	env := map[string]string{"CONNECTION_URL": at.url, "CRUDDUR_RATE_LIMITS": "false", "CRUDDUR_API_LIMIT": "0", "HOME": t.TempDir()}
	s := serve(t, env, "--migrate")
	s.waitMetric("cruddur_sweep_leader 1")
	l := startLoad(s, s.signIn(env))
	for l.acknowledged() < 200 {
		time.Sleep(10 * time.Millisecond)
	}

	a.stop()
	b.exec("select pg_promote()")
	a.demote(b)
	// The address leads to a, a standby now.
	s.waitMetric("cruddur_db_read_only 1")
	s.waitMetric("cruddur_sweep_leader 0")
	if status, body, _ := s.get("/readyz"); status != 503 || !strings.Contains(body, "read-only") {
		t.Errorf("/readyz on a standby = %d %q", status, body)
	}
	reads, refused := l.reads.Load(), l.refuse.Load()
	for range 1200 {
		if l.reads.Load() > reads+50 && l.refuse.Load() > refused+50 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if l.reads.Load() == reads || l.refuse.Load() == refused {
		t.Errorf("on the standby %d reads were answered and %d posts refused; want some of both", l.reads.Load()-reads, l.refuse.Load()-refused)
	}

	l.mu.Lock()
	outage := l.last
	l.mu.Unlock()
	at.lead(b)
	moved := time.Now()
	for l.post(fmt.Sprintf("after the move %v", time.Since(moved))) != 200 {
		if time.Since(moved) > 20*time.Second {
			t.Fatalf("no post is accepted %v after the address has moved:\n%s", time.Since(moved), s.stderr)
		}
	}
	back := time.Since(moved)
	if back > 5*time.Second {
		t.Logf("it took %v until the next post", back) // the machine's fault, perhaps
	}
	accepted := time.Now()
	for i := range 40 {
		if status := l.post(fmt.Sprintf("steady %d", i)); status != 200 {
			t.Errorf("post %d after the first accepted one = %d", i, status)
		}
	}
	if late := time.UnixMicro(l.late.Load()); late.After(accepted) { // one that was sent before may be answered after
		t.Errorf("a post that was sent %v after the first accepted one was refused", late.Sub(accepted))
	}
	s.recovered(moved)
	s.waitMetric("cruddur_db_read_only 0")
	s.waitMetric("cruddur_sweep_leader 1")
	if got := b.queryIn("cruddur", "select count(*)::text from pg_locks where locktype = 'advisory' and granted"); got != "1" {
		t.Errorf("%s sessions hold the sweeper's lock on the new primary, want 1", got)
	}
	l.end()
	lost := 0
	for message, uuid := range l.acked {
		if b.queryIn("cruddur", "select count(*)::text from activities where uuid = '"+uuid+"' and message = '"+message+"'") != "1" {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d acknowledged posts are lost", lost, len(l.acked))
	}
	onStandby(t, a, b)
	t.Logf("%d posts acknowledged, %d lost; none for %v in all, the next one %v after the address had moved",
		len(l.acked), lost, moved.Add(back).Sub(outage).Round(time.Millisecond), back.Round(time.Millisecond))
}

// TestServeSilence: connections that hear nothing any more, and are not closed, as after a server has lost its
// power. In the middle of requests they are given up within seconds; those that lie idle are tried before they
// are used, so a member who comes then notices nothing.
func TestServeSilence(t *testing.T) {
	t.Parallel()
	a := startNode(t, openDir(t))
	a.exec("create database cruddur")
	at := newAddress(t, a)
	env := map[string]string{"CONNECTION_URL": at.url, "CRUDDUR_RATE_LIMITS": "false", "CRUDDUR_API_LIMIT": "0", "HOME": t.TempDir()}
	s := serve(t, env, "--migrate")
	token := s.signIn(env)
	l := startLoad(s, token)
	for l.acknowledged() < 50 {
		time.Sleep(10 * time.Millisecond)
	}
	at.freeze()
	frozen := time.Now()
	for l.post(fmt.Sprintf("after the silence %v", time.Since(frozen))) != 200 {
		if time.Since(frozen) > 20*time.Second {
			t.Fatalf("no post is accepted %v after the silence began:\n%s", time.Since(frozen), s.stderr)
		}
	}
	took := time.Since(frozen)
	l.end()
	time.Sleep(1100 * time.Millisecond) // a connection that was used within a second is not tried
	at.freeze()
	idle := &load{s: s, token: token, acked: map[string]string{}}
	if status := idle.post("the first after a quiet hour"); status != 200 {
		t.Errorf("on silent idle connections the first post = %d", status)
	}
	t.Logf("under load the next post was accepted %v after the silence began", took.Round(time.Millisecond))
}

func (l *load) acknowledged() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.acked)
}

// onStandby finds out by the commands of the operator which of two servers is the standby.
func onStandby(t *testing.T, standby, primary *node) {
	t.Helper()
	hosts := func(attrs string, nodes ...*node) string {
		var folders []string
		for _, n := range nodes {
			folders = append(folders, filepath.Dir(n.socket()))
		}
		return fmt.Sprintf("host=%s port=%s user=%s dbname=cruddur target_session_attrs=%s", strings.Join(folders, ","), pgserver.Port, pgserver.Superuser, attrs)
	}
	db := func(want int, args ...string) string {
		t.Helper()
		var out transcript
		if code := Run(t.Context(), append([]string{"db"}, args...), func(string) string { return "" }, strings.NewReader(""), &out, &out); code != want {
			t.Errorf("db %v: exit code %d, want %d: %s", args, code, want, &out)
		}
		return out.String()
	}
	for attrs, want := range map[string]string{"prefer-standby": "t", "standby": "t", "read-only": "t", "primary": "f", "read-write": "f", "any": "f"} {
		for _, client := range []string{"--builtin=false", "--builtin"} {
			said := db(0, "connect", client, "--url", hosts(attrs, primary, standby), "-q", "-c", "copy (select pg_is_in_recovery()) to stdout")
			if client == "--builtin=false" && !strings.Contains(said, want+"\n") {
				t.Errorf("target_session_attrs=%s leads to %s", attrs, said)
			}
		}
	}
	if said := db(6, "doctor", "--url", hosts("any", standby)); !strings.Contains(said, "the server is a standby") {
		t.Errorf("the doctor of a standby says %s", said)
	}
	if said := db(0, "info", "--url", hosts("any", standby)); !strings.Contains(said, "state\ta standby") {
		t.Errorf("info of a standby says %s", said)
	}
	// What has nothing to write works, and what would write is refused before anything else is done.
	for _, args := range [][]string{{"migrate"}, {"status"}, {"prepare"}} {
		db(0, append(args, "--url", hosts("any", standby))...)
	}
	backups, env := t.TempDir(), map[string]string{}
	env["XDG_STATE_HOME"] = backups
	for _, args := range [][]string{{"seed"}, {"migrate", "rollback"}, {"drop"}, {"reset"}, {"roles", "create", "somebody", "--app"}} {
		var out transcript
		code := Run(t.Context(), append(append([]string{"db"}, args...), "--url", hosts("any", standby)), func(name string) string { return env[name] }, strings.NewReader(""), &out, &out)
		if code != command.ExitRefused || !strings.Contains(out.String(), "target_session_attrs=read-write") {
			t.Errorf("db %v on a standby: exit code %d: %s", args, code, &out)
		}
	}
	if left, _ := os.ReadDir(backups); len(left) > 0 {
		t.Errorf("a dump was made first: %v", left)
	}
}
