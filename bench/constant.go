package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
)

// constant serves the bytes of its standard input at every path: it shows what the HTTP server alone can do.
// It runs as a process of its own and prints its address.
func constant() error {
	body, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	length := []string{strconv.Itoa(len(body))}
	kind := []string{"application/json"}
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h["Content-Type"] = kind
		h["Content-Length"] = length
		w.Write(body)
	}))
}
