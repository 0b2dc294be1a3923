package cognitotest

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

//go:embed package.json
var packageJSON []byte

//go:embed package-lock.json
var packageLock []byte

var installed struct {
	once sync.Once
	dir  string
	err  error
}

// install returns the folder whose node_modules holds cognito-local. The folder is made once per lock file and kept
// for later runs.
func install(t testing.TB) string {
	t.Helper()
	installed.once.Do(func() { installed.dir, installed.err = installOnce() })
	if installed.err != nil {
		t.Fatal(installed.err)
	}
	return installed.dir
}

func installOnce() (string, error) {
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			return "", fmt.Errorf("these tests need %s, for cognito-local: install it with: apt-get install nodejs npm (or: brew install node)", program)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	sum := sha256.Sum256(append(append([]byte{}, packageJSON...), packageLock...))
	parent := filepath.Join(cache, "cruddur-test")
	dir := filepath.Join(parent, "cognito-local-"+hex.EncodeToString(sum[:6]))
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", err
	}
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return "", err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil { // another test binary may be installing it
		return "", err
	}
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	fresh, err := os.MkdirTemp(parent, "installing-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(fresh)
	for name, content := range map[string][]byte{"package.json": packageJSON, "package-lock.json": packageLock} {
		if err := os.WriteFile(filepath.Join(fresh, name), content, 0o644); err != nil {
			return "", err
		}
	}
	for try := 1; ; try++ { // the registry may fail for a moment
		cmd := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
		cmd.Dir = fresh
		out, err := cmd.CombinedOutput()
		if err == nil {
			return dir, os.Rename(fresh, dir)
		}
		if try == 3 {
			return "", fmt.Errorf("npm ci for cognito-local: %w\n%s", err, out)
		}
	}
}

// subjectOf reads the sub of a token without verifying it, as the emulator itself does.
func subjectOf(token string) string {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return ""
	}
	b, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claims struct{ Sub string }
	_ = json.Unmarshal(b, &claims) // an invalid token has no subject
	return claims.Sub
}
