package api_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"

	"cruddur/internal/api"
)

var spec = sync.OnceValues(func() (*openapi3.T, error) {
	b, err := os.ReadFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	return openapi3.NewLoader().LoadFromData(b)
})

func loadSpec(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestOpenAPIIsValid(t *testing.T) {
	t.Parallel()
	if err := loadSpec(t).Validate(t.Context()); err != nil {
		t.Error(err)
	}
}

// The documented routes and the served routes are the same.
func TestRoutesAndOpenAPIAgree(t *testing.T) {
	t.Parallel()
	var documented []string
	for path, item := range loadSpec(t).Paths.Map() {
		for method := range item.Operations() {
			documented = append(documented, method+" "+path)
		}
	}
	slices.Sort(documented)
	served := api.Routes()
	slices.Sort(served)
	for _, r := range served {
		if !slices.Contains(documented, r) {
			t.Errorf("%s is served but not in openapi.yaml", r)
		}
	}
	for _, r := range documented {
		if !slices.Contains(served, r) {
			t.Errorf("%s is in openapi.yaml but not served", r)
		}
	}
}

// validate checks a request and its answer against the document. The answer to a path that is not in it must be 404.
func validate(t *testing.T, q query, r *http.Request, a answer) {
	t.Helper()
	doc := loadSpec(t)
	if r.Method == http.MethodOptions {
		return
	}
	item, path := doc.Paths.Value(r.Pattern), r.Pattern
	if item == nil {
		if a.status != 404 && a.status != 500 {
			t.Errorf("%s %s is not documented and answers %d", r.Method, r.URL.Path, a.status)
		}
		return
	}
	method := r.Method
	if method == http.MethodHead || item.GetOperation(method) == nil {
		method = http.MethodGet // 405 has the same form for every method
		for m := range item.Operations() {
			method = m
		}
	}
	params := map[string]string{}
	for _, name := range []string{"uuid", "handle", "tag", "picture", "name"} {
		if v := r.PathValue(name); v != "" {
			params[name] = v
		}
	}
	if ok := item.GetOperation(method).Responses.Value("200"); a.header.Get("Link") != "" && ok.Value.Headers["Link"] == nil {
		t.Errorf("%s %s names a next page, which is not documented", r.Method, r.URL)
	}
	in := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: params,
		Route: &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: item.GetOperation(method)},
		Options: &openapi3filter.Options{
			AuthenticationFunc:    func(context.Context, *openapi3filter.AuthenticationInput) error { return nil },
			IncludeResponseStatus: true,
		},
	}
	if !q.odd && r.Method == method && r.Method != http.MethodHead {
		again := r.Clone(context.Background())
		again.Body = io.NopCloser(strings.NewReader(q.body))
		in.Request = again
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			t.Errorf("%s %s: the request is not as documented: %v", r.Method, r.URL, err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: a.status, Header: a.header, Options: in.Options}
	out.SetBodyBytes([]byte(a.body))
	if r.Method == http.MethodHead || a.status == http.StatusNotModified {
		out.Options.ExcludeResponseBody = true
	}
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		t.Errorf("%s %s answers %d %s, which is not as documented: %v", r.Method, r.URL, a.status, a.body, err)
	}
}

func init() {
	openapi3filter.RegisterBodyDecoder("text/html", openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder("image/jpeg", openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder("application/yaml", openapi3filter.PlainBodyDecoder)
}

var _ = bytes.MinRead
