package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
)

// constantAnswer is what the constant server answers at a path.
type constantAnswer struct {
	Path, Type, Encoding string
	Body                 []byte
}

// constant serves the answers on its standard input: it shows what the HTTP server alone can do. It runs as a process
// of its own and prints its address.
func constant() error {
	var answers []constantAnswer
	if err := json.NewDecoder(os.Stdin).Decode(&answers); err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(l.Addr())
	handlers := map[string]http.HandlerFunc{}
	for _, a := range answers {
		length, kind, encoding := []string{strconv.Itoa(len(a.Body))}, []string{a.Type}, []string{a.Encoding}
		handlers[a.Path] = func(w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			h["Content-Type"] = kind
			h["Content-Length"] = length
			if a.Encoding != "" {
				h["Content-Encoding"] = encoding
			}
			w.Write(a.Body)
		}
	}
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handlers[r.URL.Path](w, r) }))
}
