package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"cruddur/internal/postgres"
)

// fingerprint returns a hash of everything that decides the content of a seeded database.
func fingerprint(script string) string {
	h := sha256.New()
	io.WriteString(h, script)
	err := fs.WalkDir(postgres.Migrations(), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			b, _ := fs.ReadFile(postgres.Migrations(), path)
			h.Write(b)
		}
		return err
	})
	if err != nil {
		panic(err) // the files are part of this program
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// process is a server under test.
type process struct {
	cmd     *exec.Cmd
	address string
	log     *bytes.Buffer
}

func spawn(cmd *exec.Cmd, address string) (*process, error) {
	p := &process{cmd: cmd, address: address, log: &bytes.Buffer{}}
	cmd.Stderr = p.log
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	return p, cmd.Start()
}

// stop ends the process and waits for it.
func (p *process) stop() {
	p.cmd.Process.Signal(syscall.SIGTERM)
	p.cmd.Wait()
}

// awake waits until the process answers a request.
func (p *process) awake(ctx context.Context, path string) error {
	for range 300 {
		resp, err := http.Get("http://" + p.address + path)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("%s does not answer: %s", p.cmd.Path, p.log.String())
}

// measured is load with the processor time that the process takes for each request. Another program on the machine
// changes that less than the rate.
func (p *process) measured(connections int, d time.Duration, request func(connection, n int) []byte) result {
	before := p.processor()
	r := load(p.address, connections, d, request)
	if after := p.processor(); after > before && len(r.latencies) > 0 {
		r.processor = (after - before) / time.Duration(len(r.latencies))
	}
	return r
}

// processor returns the processor time that the process has taken, on Linux: proc(5) has it in hundredths of a second.
func (p *process) processor() time.Duration {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(b, []byte(") "))
	f := strings.Fields(string(rest))
	if len(f) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// memory returns the resident set in bytes of the process and its children.
func (p *process) memory() int64 {
	out, err := exec.Command("ps", "-ax", "-o", "pid=,ppid=,rss=").Output()
	if err != nil {
		return 0
	}
	me, sum := strconv.Itoa(p.cmd.Process.Pid), int64(0)
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if len(f) == 3 && (f[0] == me || f[1] == me) {
			kb, _ := strconv.ParseInt(f[2], 10, 64)
			sum += kb << 10
		}
	}
	return sum
}

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// startCruddur starts the real server on the database, without its rate limits and with some more settings.
func startCruddur(ctx context.Context, binary, database string, settings ...string) (*process, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	return startCruddurAt(ctx, address, binary, database, settings...)
}

func startCruddurAt(ctx context.Context, address, binary, database string, settings ...string) (*process, error) {
	cmd := exec.CommandContext(ctx, binary, "serve")
	cmd.Env = append(os.Environ(), "CONNECTION_URL="+database, "CRUDDUR_LISTEN="+address, "CRUDDUR_ADMIN_LISTEN=off",
		"CRUDDUR_ACCESS_LOG=false", "CRUDDUR_RATE_LIMITS=false", "CRUDDUR_API_LIMIT=0")
	cmd.Env = append(cmd.Env, settings...)
	p, err := spawn(cmd, address)
	if err != nil {
		return nil, fmt.Errorf("%w (build it first: make build)", err)
	}
	return p, p.awake(ctx, "/api/health-check")
}

// startConstant starts this program again as the server of constant bytes.
func startConstant(ctx context.Context, answers []constantAnswer) (*process, error) {
	body, err := json.Marshal(answers)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-constant")
	cmd.Stdin = bytes.NewReader(body)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p, err := spawn(cmd, "")
	if err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	p.address = strings.TrimSpace(line)
	return p, err
}

// startFlask starts the peer, if Debian's packages for it are installed.
func startFlask(ctx context.Context, database, author string) (*process, error) {
	if err := exec.Command("/usr/bin/python3", "-c", "import flask, psycopg, psycopg_pool, gunicorn").Run(); err != nil {
		return nil, errors.New("apt-get install python3-flask gunicorn python3-psycopg python3-psycopg-pool")
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "/usr/bin/python3", "-m", "gunicorn", "-w", "2", "--threads", "8", "-b", address,
		"--chdir", "bench/peers", "--log-level", "error", "flask_app:app")
	cmd.Env = append(os.Environ(), "CONNECTION_URL="+database, "AUTHOR="+author, "PYTHONDONTWRITEBYTECODE=1")
	p, err := spawn(cmd, address)
	if err != nil {
		return nil, err
	}
	return p, p.awake(ctx, "/api/activities/home")
}

// signIn creates a member with the binary's own command and signs in.
func signIn(ctx context.Context, binary, database, address, handle string) (string, error) {
	cmd := exec.CommandContext(ctx, binary, "user", "create", "--email", handle+"@bench.invalid", "--handle", handle, "--password-stdin")
	cmd.Env = append(os.Environ(), "CONNECTION_URL="+database)
	cmd.Stdin = strings.NewReader(password + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("user create: %w: %s", err, out)
	}
	return token(address, handle)
}

// token signs a member in.
func token(address, handle string) (string, error) {
	body, err := fetch(http.MethodPost, "http://"+address+"/api/auth/signin", `{"email":"`+handle+`@bench.invalid","password":"`+password+`"}`)
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err == nil {
		err = json.Unmarshal(body, &answer)
	}
	return answer.AccessToken, err
}

const password = "a password for the bench alone"

// browse signs a member in as a browser does and returns the cookie.
func browse(address, handle string) (string, error) {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm("http://"+address+"/signin", url.Values{"email": {handle + "@bench.invalid"}, "password": {password}})
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	for _, c := range resp.Cookies() {
		if resp.StatusCode == http.StatusSeeOther && c.Value != "" {
			return c.Name + "=" + c.Value, nil
		}
	}
	return "", fmt.Errorf("/signin of %s: %s", handle, resp.Status)
}

// send makes one request to the API with a token, which may be "", and returns the body of a 200.
func send(method, address, token, path, body string) ([]byte, error) {
	return fetchAs(method, "http://"+address+path, token, body)
}

// fetch makes one request and returns the body of a 200.
func fetch(method, address, body string) ([]byte, error) { return fetchAs(method, address, "", body) }

func fetchAs(method, address, token, body string) ([]byte, error) {
	req, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %.200s", address, resp.Status, b)
	}
	return b, err
}
