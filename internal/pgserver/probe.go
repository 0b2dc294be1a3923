package pgserver

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const pidName = "postmaster.pid"

// pidFile is the content of a running server's postmaster.pid (PostgreSQL, utils/pidfile.h).
type pidFile struct {
	pid     int
	started string // seconds since 1970
	socket  string // folder of the first socket
	status  string // starting, stopping, ready, standby
}

// ready reports whether the server accepts connections. So does a standby, which an operator may have made of
// this folder.
func (p pidFile) ready() bool { return p.status == "ready" || p.status == "standby" }

// readPidFile reads the file of a cluster. A missing file and a file that is being written are errors.
func readPidFile(data string) (pidFile, error) {
	b, err := os.ReadFile(filepath.Join(data, pidName))
	if err != nil {
		return pidFile{}, err
	}
	lines := strings.Split(string(b), "\n")
	pid, err := strconv.Atoi(lines[0])
	if err != nil || pid <= 1 {
		return pidFile{}, fmt.Errorf("%s: %.20q is not a process id", pidName, lines[0])
	}
	p := pidFile{pid: pid}
	for i, to := range map[int]*string{2: &p.started, 4: &p.socket, 7: &p.status} {
		if i < len(lines) {
			*to = strings.TrimSpace(lines[i])
		}
	}
	return p, nil
}

// serverError is the server's refusal of a connection (PostgreSQL, ErrorResponse).
type serverError struct{ code, message string }

func (e *serverError) Error() string { return e.message + " (SQLSTATE " + e.code + ")" }

// ping connects to the server whose socket is in dir and waits until it would accept a query. A server that
// only has too many clients, or wants a password, counts as running.
func ping(ctx context.Context, dir string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "unix", filepath.Join(dir, socketName))
	if err != nil {
		return err
	}
	defer conn.Close()
	end, _ := ctx.Deadline()
	conn.SetDeadline(end)
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if _, err := conn.Write(startupPacket()); err != nil {
		return err
	}
	err = readReady(bufio.NewReader(conn))
	if e, ok := errors.AsType[*serverError](err); ok && e.code == "53300" { // too_many_connections
		return nil
	} else if ok && e.code == "57P03" { // cannot_connect_now: the server is starting or stopping
		return errors.New(e.Error())
	}
	_, _ = conn.Write([]byte{'X', 0, 0, 0, 4}) // Terminate is only polite, its error does not matter
	return err
}

// startupPacket requests protocol 3.0, our superuser and the database postgres.
func startupPacket() []byte {
	var body bytes.Buffer
	binary.Write(&body, binary.BigEndian, uint32(3<<16))
	for _, s := range []string{"user", Superuser, "database", "postgres", "application_name", "cruddur start", ""} {
		body.WriteString(s)
		body.WriteByte(0)
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(body.Len()+4)), body.Bytes()...)
}

// readReady reads messages up to ReadyForQuery, a request for a password or an error.
func readReady(r *bufio.Reader) error {
	for {
		var head [5]byte
		if _, err := io.ReadFull(r, head[:]); err != nil {
			return err
		}
		n := binary.BigEndian.Uint32(head[1:])
		if n < 4 || n > 1<<16 {
			return fmt.Errorf("the answer is not from PostgreSQL: message %q of %d bytes", head[0], n)
		}
		body := make([]byte, n-4)
		if _, err := io.ReadFull(r, body); err != nil {
			return err
		}
		switch head[0] {
		case 'Z':
			return nil
		case 'R':
			if len(body) >= 4 && binary.BigEndian.Uint32(body) != 0 {
				return nil
			}
		case 'E':
			e := &serverError{}
			for field := range bytes.SplitSeq(body, []byte{0}) {
				if len(field) > 0 && field[0] == 'C' {
					e.code = string(field[1:])
				} else if len(field) > 0 && field[0] == 'M' {
					e.message = string(field[1:])
				}
			}
			return e
		}
	}
}
