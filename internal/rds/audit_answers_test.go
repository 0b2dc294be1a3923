package rds_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"

	"cruddur/internal/rds"
)

// answers stands between a client and the fake, for what the fake never says: it gives an answer of its own
// to an action, or sends on the fake's with every list shuffled.
type answers struct {
	given  map[string]func(call string) string // by the action; call is what was sent
	random *rand.Rand

	mu sync.Mutex
}

// through lets the world's client ask by way of a.
func (w *world) through(a *answers) {
	c := config(w.s)
	c.HTTPClient = a
	w.c = rds.New(c)
	w.c.Now, w.c.Sleep = w.s.Now, w.s.Sleep
}

// given answers an action with a text, whatever is asked.
func given(action, text string) func(*world) {
	return func(w *world) {
		w.through(&answers{given: map[string]func(string) string{action: func(string) string { return text }}})
	}
}

func (a *answers) Do(r *http.Request) (*http.Response, error) {
	sent := []byte{}
	if r.Body != nil {
		var err error
		if sent, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body = io.NopCloser(bytes.NewReader(sent))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if f := a.given[actionOf(r, string(sent))]; f != nil {
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(f(string(sent)))), Request: r}, nil
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil || a.random == nil {
		return answer, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	text = a.shuffled(text)
	answer.Body, answer.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return answer, nil
}

// actionOf is the operation that a request asks for; of REST it is the path's end.
func actionOf(r *http.Request, sent string) string {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return target[strings.LastIndex(target, ".")+1:]
	}
	if form, err := url.ParseQuery(sent); err == nil && form.Has("Action") {
		return form.Get("Action")
	}
	return path.Base(r.URL.Path)
}

// shuffled is an answer, in JSON or XML, with its lists in another order. Errors, which hold none, stay.
func (a *answers) shuffled(text []byte) []byte {
	var v any
	if json.Unmarshal(text, &v) == nil {
		b, err := json.Marshal(a.value(v))
		if err != nil {
			panic(err)
		}
		return b
	}
	var e element
	if xml.Unmarshal(text, &e) != nil {
		return text
	}
	var b bytes.Buffer
	a.element(&b, e)
	return b.Bytes()
}

// value shuffles the lists in v, also those of a document that is sent as a text.
func (a *answers) value(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = a.value(v[i])
		}
		a.random.Shuffle(len(v), func(i, j int) { v[i], v[j] = v[j], v[i] })
	case map[string]any:
		for k := range v {
			v[k] = a.value(v[k])
		}
	case string:
		if strings.HasPrefix(v, "{\"") {
			return string(a.shuffled([]byte(v)))
		}
	}
	return v
}

type element struct {
	XMLName xml.Name
	Text    string    `xml:",chardata"`
	Inside  []element `xml:",any"`
}

func (a *answers) element(b *bytes.Buffer, e element) {
	b.WriteString("<" + e.XMLName.Local + ">")
	_ = xml.EscapeText(b, []byte(strings.TrimSpace(e.Text)))
	a.random.Shuffle(len(e.Inside), func(i, j int) { e.Inside[i], e.Inside[j] = e.Inside[j], e.Inside[i] })
	for _, x := range e.Inside {
		a.element(b, x)
	}
	b.WriteString("</" + e.XMLName.Local + ">")
}
