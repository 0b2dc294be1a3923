package local

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/argon2"
)

// params are the cost parameters of argon2id. The current ones are OWASP's minimum (Password Storage Cheat Sheet).
type params struct {
	memory  uint32 // KiB
	time    uint32
	threads uint8
}

var (
	present = params{memory: 19 * 1024, time: 2, threads: 1}
	cheap   = params{memory: 64, time: 1, threads: 1} // Config.Cheap
)

// The lengths of salt and hash in bytes, and the limits within which a stored PHC string is accepted.
const (
	saltLength = 16
	hashLength = 32
	mostMemory = 1 << 20 // KiB
	mostTime   = 64
)

// A hasher hashes passwords, a limited number at once: each hash uses 19 MiB while it runs, and without a limit a
// burst of sign-ins would exhaust the memory.
type hasher struct {
	cost  params // of new hashes; hashes with a lower cost are updated to it
	slots chan struct{}
	wait  time.Duration
	count func() // for tests: called once for each argon2 run
}

func newHasher(slots int, wait time.Duration) *hasher {
	return &hasher{cost: present, slots: make(chan struct{}, slots), wait: wait, count: func() {}}
}

// acquire waits for a slot; release must be called once. After the maximum wait it returns KindUnavailable.
func (h *hasher) acquire(ctx context.Context) (release func(), err error) {
	release = func() { <-h.slots }
	select {
	case h.slots <- struct{}{}:
		return release, nil
	default:
	}
	timer := time.NewTimer(h.wait)
	defer timer.Stop()
	select {
	case h.slots <- struct{}{}:
		return release, nil
	case <-timer.C:
		return nil, errBusy("too many passwords are being hashed")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// hash takes a slot and returns the PHC string of a password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	release, err := h.acquire(ctx)
	if err != nil {
		return "", err
	}
	defer release()
	return h.hashHeld(password), nil
}

// hashHeld is hash for a caller that already holds a slot.
func (h *hasher) hashHeld(password string) string {
	salt := make([]byte, saltLength)
	rand.Read(salt)
	h.count()
	key := argon2.IDKey([]byte(password), salt, h.cost.time, h.cost.memory, h.cost.threads, hashLength)
	return format(h.cost, salt, key)
}

// verifyHeld compares a password with a PHC string; the caller holds a slot. An empty or broken string takes as long
// as a good one, and matches nothing.
func (h *hasher) verifyHeld(phc, password string) (ok, outdated bool) {
	p, salt, want, err := parse(phc)
	if err != nil {
		p, salt, want = h.cost, make([]byte, saltLength), make([]byte, hashLength)
	}
	h.count()
	got := argon2.IDKey([]byte(password), salt, p.time, p.memory, p.threads, uint32(len(want)))
	ok = subtle.ConstantTimeCompare(got, want) == 1 && err == nil
	return ok, p != h.cost || len(want) != hashLength
}

var b64 = base64.RawStdEncoding.Strict()

func format(p params, salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.threads,
		b64.EncodeToString(salt), b64.EncodeToString(key))
}

var errPHC = errors.New("not a PHC string of argon2id")

// parse reads a PHC string: $argon2id$v=19$m=…,t=…,p=…$salt$hash.
func parse(s string) (p params, salt, key []byte, err error) {
	parts := strings.Split(s, "$")
	if len(s) > 256 || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v=19" {
		return p, nil, nil, errPHC
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return p, nil, nil, errPHC
	}
	var n [3]uint32
	for i, prefix := range []string{"m=", "t=", "p="} {
		digits, found := strings.CutPrefix(costs[i], prefix)
		v, err := strconv.ParseUint(digits, 10, 32)
		if !found || err != nil {
			return p, nil, nil, errPHC
		}
		n[i] = uint32(v)
	}
	if n[0] < 8 || n[0] > mostMemory || n[1] < 1 || n[1] > mostTime || n[2] < 1 || n[2] > 16 {
		return p, nil, nil, errPHC
	}
	salt, err = b64.DecodeString(parts[4])
	if err == nil {
		key, err = b64.DecodeString(parts[5])
	}
	if err != nil || len(salt) < 8 || len(key) < 16 {
		return p, nil, nil, errPHC
	}
	return params{n[0], n[1], uint8(n[2])}, salt, key, nil
}
