// Package httpserver is the listener: it puts pages and API together behind one middleware, tells whether
// the process is well, counts, and stops gracefully. It must not know what pages and API do, nor that
// there is a database: whoever makes it passes functions.
package httpserver
