// Package httpserver is the listener: it serves pages and API behind one middleware, reports the health of the
// process, counts requests, and stops gracefully. It must not depend on what pages and API do, nor on a database: its
// caller passes functions.
package httpserver
