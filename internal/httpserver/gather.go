package httpserver

import (
	"context"
	"net"
	"sync"
)

// netHTTPBuffer is the size of net/http's buffer of a connection: a longer answer is written in two parts, its headers
// with the beginning of the body, and the rest.
const netHTTPBuffer = 4 << 10

// gatherer is a listener whose connections can send both parts in one system call. A call takes as long as everything
// else that a hot answer costs, and the client is woken once instead of twice.
type gatherer struct{ net.Listener }

func (l gatherer) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &gathered{Conn: c}, nil
}

// gathered is a connection that keeps a write back if it is told that another follows. net/http calls it from one
// goroutine.
type gathered struct {
	net.Conn
	more bool    // the next write is kept back
	held *[]byte // what is kept back
}

var heads = sync.Pool{New: func() any { b := make([]byte, 0, netHTTPBuffer); return &b }}

// follows says that an answer will be written in two parts, and that the first should wait for the second. There must be
// a second: the body is longer than net/http's buffer, and is written at once.
func (c *gathered) follows() { c.more = true }

func (c *gathered) Write(b []byte) (int, error) {
	if c.more {
		c.more = false
		c.held = heads.Get().(*[]byte)
		*c.held = append((*c.held)[:0], b...)
		return len(b), nil
	}
	if c.held == nil {
		return c.Conn.Write(b)
	}
	held := c.held
	c.held = nil
	buffers := net.Buffers{*held, b}
	n, err := buffers.WriteTo(c.Conn)
	written := max(int(n)-len(*held), 0)
	heads.Put(held)
	return written, err
}

// CloseWrite lets net/http end an answer before it closes the connection: a client that still sends would see a reset
// instead of the answer.
func (c *gathered) CloseWrite() error {
	if c, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

type connKey struct{}

// withConn lets a request find its connection.
func withConn(ctx context.Context, c net.Conn) context.Context {
	if c, ok := c.(*gathered); ok {
		return context.WithValue(ctx, connKey{}, c)
	}
	return ctx
}
