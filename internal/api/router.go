package api

import (
	"net/http"
	"slices"
	"strings"
)

// route is one line of the table: a method, a path and a handler. In a path, {name} stands for the rest of its
// segment, so that @{handle} is written as in the documentation. The patterns of net/http cannot express that; they
// also answer 404 and 405 in plain text, and redirect unclean paths.
type route struct {
	method, path string
	handle       handler
}

// endpoint is a path with its methods.
type endpoint struct {
	pattern string
	parts   []part
	methods []route
	allow   string
	cors    bool
}

// part is one segment of a path: its literal beginning, and the name of the rest, or "".
type part struct{ literal, name string }

// router finds the endpoint of a path: by its text, or by its shape.
type router struct {
	exact  map[string]*endpoint
	shaped []*endpoint
}

func newRouter(table []route) router {
	all := map[string]*endpoint{}
	rt := router{exact: map[string]*endpoint{}}
	for _, r := range table {
		e := all[r.path]
		if e == nil {
			e = &endpoint{pattern: r.path, cors: !strings.HasPrefix(r.path, "/.well-known/")}
			for s := range strings.SplitSeq(r.path[1:], "/") {
				literal, name, _ := strings.Cut(s, "{")
				e.parts = append(e.parts, part{literal, strings.TrimSuffix(name, "}")})
			}
			all[r.path] = e
			if strings.Contains(r.path, "{") {
				rt.shaped = append(rt.shaped, e)
			} else {
				rt.exact[r.path] = e
			}
		}
		e.methods = append(e.methods, r)
	}
	// @{handle} before {uuid}: the longer literal first.
	slices.SortStableFunc(rt.shaped, func(a, b *endpoint) int { return strings.Compare(b.literals(), a.literals()) })
	for _, e := range all {
		names := []string{"OPTIONS"}
		for _, r := range e.methods {
			names = append(names, r.method)
			if r.method == http.MethodGet {
				names = append(names, http.MethodHead)
			}
		}
		slices.Sort(names)
		e.allow = strings.Join(names, ", ")
	}
	return rt
}

func (e *endpoint) literals() string {
	var b strings.Builder
	for _, p := range e.parts {
		b.WriteString("/" + p.literal)
	}
	return b.String()
}

// find returns the endpoint of the request's path and puts the values of its names into the request.
func (rt *router) find(r *http.Request) *endpoint {
	if e := rt.exact[r.URL.Path]; e != nil {
		return e
	}
	for _, e := range rt.shaped {
		if e.match(r) {
			return e
		}
	}
	return nil
}

func (e *endpoint) match(r *http.Request) bool {
	rest, ok := strings.CutPrefix(r.URL.Path, "/")
	if !ok {
		return false
	}
	for i, p := range e.parts {
		segment, after, more := strings.Cut(rest, "/")
		if more != (i < len(e.parts)-1) {
			return false
		}
		value, ok := strings.CutPrefix(segment, p.literal)
		if !ok || (p.name == "") != (value == "") || p.literal == "" && value[0] == '@' {
			return false // what begins with @ is a handle, never a {uuid}
		}
		rest = after
	}
	e.assign(r)
	return true
}

// assign is the second pass, only for the endpoint that was found.
func (e *endpoint) assign(r *http.Request) {
	rest := r.URL.Path[1:]
	for _, p := range e.parts {
		segment, after, _ := strings.Cut(rest, "/")
		if p.name != "" {
			r.SetPathValue(p.name, segment[len(p.literal):])
		}
		rest = after
	}
}

func (e *endpoint) method(method string) handler {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for i := range e.methods {
		if e.methods[i].method == method {
			return e.methods[i].handle
		}
	}
	return nil
}
