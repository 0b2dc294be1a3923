package cli_test

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"cruddur/internal/pgtest"
)

// clearPNG is a transparent PNG, whose few bytes become four for each pixel when it is decoded.
func clearPNG(size int) []byte {
	chunk := func(kind string, body []byte) []byte {
		out := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
		out = append(append(out, kind...), body...)
		return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
	}
	var data bytes.Buffer
	z := zlib.NewWriter(&data)
	row := make([]byte, 1+4*size)
	for range size {
		_, _ = z.Write(row)
	}
	_ = z.Close()
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(size)), uint32(size))
	return slices.Concat([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(header, 8, 6, 0, 0, 0)), chunk("IDAT", data.Bytes()), chunk("IEND", nil))
}

// A hundred members upload at once, to a whole server: pictures whose pixels take nearly all the memory that a picture
// may take, in files as long as a file may be. All get a clear answer, and the process stays below 200 MB.
func TestUploadsAtOnce(t *testing.T) {
	url := pgtest.URL(t)
	env := append(os.Environ(), "CONNECTION_URL="+url, "CRUDDUR_LISTEN=127.0.0.1:0", "CRUDDUR_ADMIN_LISTEN=off", "CRUDDUR_RATE_LIMITS=false", "CRUDDUR_ACCESS_LOG=false", "GOGC=", "GOMEMLIMIT=")
	create := exec.CommandContext(t.Context(), "cruddur", "user", "create", "--email", "ada@example.com", "--handle", "ada", "--password-stdin")
	create.Env, create.Stdin = env, strings.NewReader("correct horse ada\n")
	if out, err := create.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	server := exec.CommandContext(t.Context(), "cruddur", "serve")
	server.Env = env
	out, err := server.StderrPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	stop := sync.OnceFunc(func() { server.Process.Signal(syscall.SIGTERM); server.Wait() })
	defer stop()
	address := ""
	lines := bufio.NewScanner(out)
	for address == "" && lines.Scan() {
		if m := regexp.MustCompile(`ready at (http://\S+)`).FindStringSubmatch(lines.Text()); m != nil {
			address = m[1]
		}
	}
	if address == "" {
		t.Fatalf("it never says that it is ready: %v", lines.Err())
	}
	go io.Copy(io.Discard, out)
	res, err := http.Post(address+"/api/auth/signin", "application/json", strings.NewReader(`{"email":"ada@example.com","password":"correct horse ada"}`))
	if err != nil {
		t.Fatal(err)
	}
	var tokens struct {
		Access string `json:"access_token"`
	}
	err = json.NewDecoder(res.Body).Decode(&tokens)
	res.Body.Close()
	if err != nil || tokens.Access == "" {
		t.Fatalf("signing in: %s, %v", res.Status, err)
	}
	most := 8 << 20
	files := [][]byte{clearPNG(4980), clearPNG(3000), clearPNG(5100)}
	answers, lock := map[string]int{}, sync.Mutex{}
	var group sync.WaitGroup
	for i := range 100 {
		group.Go(func() {
			file := files[i%len(files)]
			// Some try again until they have another answer, as they were asked to.
			for again := i < 4; ; time.Sleep(100 * time.Millisecond) {
				body := io.MultiReader(bytes.NewReader(file), io.LimitReader(zeros{}, int64(most-len(file))))
				r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address+"/api/pictures", body)
				if err != nil {
					t.Error(err)
					return
				}
				r.ContentLength = int64(most)
				r.Header.Set("Authorization", "Bearer "+tokens.Access)
				answer := "no answer"
				if res, err := http.DefaultClient.Do(r); err != nil {
					answer = err.Error()
				} else {
					b, _ := io.ReadAll(res.Body)
					res.Body.Close()
					if answer = fmt.Sprint(res.StatusCode); res.StatusCode != 200 {
						answer += " " + string(b)
					}
					if res.StatusCode == 503 && res.Header.Get("Retry-After") == "" {
						answer += " without Retry-After"
					}
				}
				lock.Lock()
				answers[answer]++
				lock.Unlock()
				if !again || !strings.HasPrefix(answer, "503") {
					return
				}
			}
		})
	}
	group.Wait()
	const busy, large = `503 ["pictures_busy"]`, `422 ["picture_too_many_pixels"]`
	for answer := range answers {
		if answer != "200" && answer != busy && answer != large {
			t.Errorf("an upload is answered %q", answer)
		}
	}
	if answers["200"] < 3 || answers[busy] == 0 {
		t.Errorf("answers %v, want some of each", answers)
	}
	peak := peakMemory(t, server, stop)
	t.Logf("at most %d MB; %v", peak, answers)
	if peak > 200 {
		t.Errorf("the process has taken %d MB, want at most 200", peak)
	}
}

// peakMemory stops a process and returns how much memory it has used at most, in MB. On Linux the kernel is asked for the
// process's own peak: what it says of an ended one (ru_maxrss) begins with the peak of the program that has started it,
// which here runs other tests.
func peakMemory(t *testing.T, server *exec.Cmd, stop func()) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", server.Process.Pid))
	stop()
	if runtime.GOOS == "darwin" {
		return server.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 20
	}
	_, rest, found := strings.Cut(string(status), "VmHWM:")
	var kilobytes int64
	if _, scanned := fmt.Sscan(rest, &kilobytes); err != nil || !found || scanned != nil {
		t.Fatalf("the peak of process %d: %v, %v", server.Process.Pid, err, scanned)
	}
	return kilobytes >> 10
}

type zeros struct{}

func (zeros) Read(b []byte) (int, error) { clear(b); return len(b), nil }
