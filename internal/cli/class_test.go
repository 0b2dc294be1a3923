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
	"testing"
	"time"

	"cruddur/internal/pgtest"
)

// school is a place for a class, run from a terminal.
type school struct {
	t   *testing.T
	env map[string]string
	*serving
}

// run runs a command that has to succeed and returns what it printed.
func (s *school) run(args ...string) string {
	s.t.Helper()
	var out, errs bytes.Buffer
	if code := Run(s.t.Context(), args, func(name string) string { return s.env[name] }, strings.NewReader(""), &out, &errs); code != 0 {
		s.t.Fatalf("cruddur %s: exit code %d\n%s", strings.Join(args, " "), code, errs.String())
	}
	return strings.TrimSpace(out.String())
}

// api sends JSON and returns the status and the body of the answer.
func (s *school) api(method, path, token, body string) (int, string) {
	s.t.Helper()
	r, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// want is api for an answer with a status.
func (s *school) want(status int, method, path, token, body string) string {
	s.t.Helper()
	got, text := s.api(method, path, token, body)
	if got != status {
		s.t.Fatalf("%s %s = %d %s, want %d", method, path, got, text, status)
	}
	return text
}

func pupil(n int) string { return fmt.Sprintf("pupil%02d", n) }

func credentials(name string) string {
	return fmt.Sprintf(`{"name":%q,"handle":%q,"email":"%s@school.example","password":"the password of %s"}`, name, name, name, name)
}

// codes reads the codes that were sent out of the mailbox of the server.
func (s *school) codes(box string) map[string]string {
	s.t.Helper()
	jar := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := jar.Get(box)
	if err != nil {
		s.t.Fatal(err)
	}
	res.Body.Close()
	r, _ := http.NewRequest(http.MethodGet, s.url+"/dev/mailbox", nil)
	for _, c := range res.Cookies() {
		r.AddCookie(c)
	}
	if res, err = jar.Do(r); err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	found := map[string]string{}
	for _, m := range regexp.MustCompile(`(?s)(pupil\d\d)@school\.example.*?\b(\d{3}) ?(\d{3})\b`).FindAllStringSubmatch(string(page), -1) {
		found[m[1]] = m[2] + m[3]
	}
	return found
}

// A place for a class, from a closed door to a copy of it elsewhere: thirty come in by one link and no more, one is
// reported and suspended, one takes everything along, and a dump makes the same place anew.
func TestPlaceForAClass(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := &school{t: t, env: map[string]string{"CONNECTION_URL": pgtest.URL(t)}}
	s.run("place", "set", "--name", "Class 7b", "--sign-up", "invite", "--reading", "members")
	s.run("user", "create", "--email", "eve@school.example", "--handle", "eve")
	s.run("user", "role", "eve", "operator")
	s.serving = serve(t, s.env)
	s.env["BACKEND_URL"] = s.url
	link := s.run("invite", "create", "--uses", "30", "--note", "Class 7b")
	token := strings.TrimPrefix(link, s.url+"/invite/")

	// One more than the link is for; two at a time, because each costs a password hash, and whoever waits longer than
	// three seconds for theirs on a busy machine is asked to come again.
	var all sync.WaitGroup
	turn := make(chan struct{}, 2)
	for n := range 31 {
		all.Go(func() {
			turn <- struct{}{}
			defer func() { <-turn }()
			body := strings.TrimSuffix(credentials(pupil(n)), "}") + fmt.Sprintf(`,"invitation":%q}`, token)
			if status, text := s.api("POST", "/api/auth/signup", "", body); status != 200 {
				t.Errorf("%s signs up: %d %s", pupil(n), status, text)
			}
		})
	}
	all.Wait()
	if status, text := s.api("POST", "/api/auth/signup", "", credentials("stranger")); status != 422 || !strings.Contains(text, "invitation_blank") {
		t.Errorf("without the link: %d %s", status, text)
	}
	box := s.await(regexp.MustCompile(`shown at (\S+)`))
	codes := map[string]string{}
	for range 250 { // the mails follow their answers; pages are limited
		if codes = s.codes(box); len(codes) == 31 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	var mu sync.Mutex
	in, late := []string{}, []string{}
	for n := range 31 {
		all.Go(func() {
			status, text := s.api("POST", "/api/auth/confirm", "", fmt.Sprintf(`{"email":"%s@school.example","code":%q}`, pupil(n), codes[pupil(n)]))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case status == 200:
				in = append(in, pupil(n))
			case status == 422 && strings.Contains(text, "invitation_used_up"):
				late = append(late, pupil(n))
			default:
				t.Errorf("%s confirms with %q: %d %s", pupil(n), codes[pupil(n)], status, text)
			}
		})
	}
	all.Wait()
	if len(in) != 30 || len(late) != 1 {
		t.Fatalf("%d came in, and %d were too late", len(in), len(late))
	}

	s.want(401, "GET", "/api/activities/home", "", "")
	good, bad := in[0], in[1]
	goods, bads := s.accessToken(good+"@school.example", "the password of "+good), s.accessToken(bad+"@school.example", "the password of "+bad)
	s.want(200, "POST", "/api/activities", goods, `{"message":"Who has the notes?","ttl":"7-days"}`)
	var crud struct{ UUID string }
	json.Unmarshal([]byte(s.want(200, "POST", "/api/activities", bads, `{"message":"Something unkind.","ttl":"7-days"}`)), &crud)

	// One report, one suspension.
	s.want(201, "POST", "/api/reports", goods, fmt.Sprintf(`{"activity_uuid":%q,"reason":"abuse","words":"It hurts."}`, crud.UUID))
	var reported struct {
		Cases []struct{ UUID string }
	}
	if err := json.Unmarshal([]byte(s.run("report", "list", "--json")), &reported); err != nil || len(reported.Cases) != 1 {
		t.Fatalf("report list --json: %v, %+v", err, reported)
	}
	id := reported.Cases[0].UUID
	if got := s.run("report", "show", id); !strings.Contains(got, "Something unkind.") || !strings.Contains(got, "It hurts.") {
		t.Errorf("report show prints %q", got)
	}
	s.run("user", "suspend", bad, "--note", "unkind")
	s.run("report", "close", id, "--confirm", bad)
	s.want(401, "GET", "/api/me", bads, "")
	if home := s.want(200, "GET", "/api/activities/home", goods, ""); strings.Contains(home, "unkind") || !strings.Contains(home, "Who has the notes?") {
		t.Errorf("home after the suspension is %s", home)
	}
	zip := filepath.Join(dir, "all.zip")
	s.run("user", "export", good, zip)
	if b, err := os.ReadFile(zip); err != nil || !bytes.HasPrefix(b, []byte("PK")) {
		t.Errorf("the export: %v", err)
	}

	// The same place elsewhere.
	dump := filepath.Join(dir, "class.dump")
	s.run("db", "dump", "-o", dump)
	s.end()
	n := &school{t: t, env: map[string]string{"CONNECTION_URL": pgtest.EmptyURL(t)}}
	n.run("db", "restore", dump)
	n.serving = serve(t, n.env)
	n.env["BACKEND_URL"] = n.url
	if p := n.want(200, "GET", "/api/place", "", ""); !strings.Contains(p, `"Class 7b"`) || !strings.Contains(p, `"members"`) {
		t.Errorf("the place elsewhere is %s", p)
	}
	n.want(401, "GET", "/api/activities/home", "", "")
	goods = n.accessToken(good+"@school.example", "the password of "+good)
	if home := n.want(200, "GET", "/api/activities/home", goods, ""); strings.Contains(home, "unkind") || !strings.Contains(home, "Who has the notes?") {
		t.Errorf("home elsewhere is %s", home)
	}
	if status, text := n.api("POST", "/api/auth/signin", "", fmt.Sprintf(`{"email":"%s@school.example","password":"the password of %s"}`, bad, bad)); status == 200 {
		t.Errorf("who is suspended signs in elsewhere: %s", text)
	}
	if got := n.run("invite", "list"); !strings.Contains(got, "\t30\t30\t") {
		t.Errorf("the invitations elsewhere are %q", got)
	}
	if got := n.run("user", "list", "--json"); strings.Count(got, `"handle"`) != 31 {
		t.Errorf("%d members are elsewhere", strings.Count(got, `"handle"`))
	}
}
