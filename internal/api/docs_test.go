package api_test

import (
	"bytes"
	"flag"
	"fmt"
	"html/template"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

var update = flag.Bool("update", false, "write the golden files again")

type docsOperation struct {
	*openapi3.Operation
	Method, Path, Viewer, Body string
	Answers                    []docsAnswer
}

type docsAnswer struct{ Status, Text, Schema string }

type docsGroup struct {
	Name       string
	Operations []docsOperation
}

type docsSchema struct {
	Name, Text string
	Fields     []docsField
}

type docsField struct {
	Name, Type, Text string
	Optional         bool
}

// The page matches the document and the template; run the test with -update after a change of either.
func TestDocsPage(t *testing.T) {
	t.Parallel()
	doc := loadSpec(t)
	style, err := os.ReadFile("docs.css")
	if err != nil {
		t.Fatal(err)
	}
	page := template.Must(template.New("docs.tmpl").Funcs(template.FuncMap{"paragraphs": paragraphs, "marked": marked}).ParseFiles("docs.tmpl"))
	var want bytes.Buffer
	err = page.Execute(&want, map[string]any{"Doc": doc, "Style": template.CSS(style), "Groups": docsGroups(doc), "Schemas": docsSchemas(doc)})
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("docs.html", want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("docs.html")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Error("docs.html is not what openapi.yaml says: go test ./internal/api -run DocsPage -update")
	}
	if !bytes.Contains(got, append([]byte("<style>"), append(style, "</style>"...)...)) {
		t.Error("the style in the page is not docs.css, whose hash the policy names")
	}
}

func docsGroups(doc *openapi3.T) (groups []docsGroup) {
	for _, tag := range doc.Tags {
		g := docsGroup{Name: tag.Name}
		for path, item := range doc.Paths.Map() {
			for method, o := range item.Operations() {
				if slices.Contains(o.Tags, tag.Name) {
					g.Operations = append(g.Operations, docsOperationOf(method, path, o))
				}
			}
		}
		slices.SortFunc(g.Operations, func(a, b docsOperation) int {
			return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
		})
		groups = append(groups, g)
	}
	return groups
}

func docsOperationOf(method, path string, o *openapi3.Operation) docsOperation {
	d := docsOperation{Operation: o, Method: method, Path: path}
	if o.Security != nil {
		d.Viewer = "required"
		if len(*o.Security) > 1 {
			d.Viewer = "optional"
		}
	}
	if o.RequestBody != nil {
		d.Body = "File"
		if media := o.RequestBody.Value.Content.Get("application/json"); media != nil {
			d.Body = refName(media.Schema.Ref)
		}
	}
	for status, r := range o.Responses.Map() {
		a := docsAnswer{Status: status, Text: *r.Value.Description}
		for _, media := range r.Value.Content {
			a.Schema = refName(media.Schema.Ref)
			if s := media.Schema.Value; a.Schema == "" && s.Items != nil {
				a.Schema = refName(s.Items.Ref)
			}
		}
		d.Answers = append(d.Answers, a)
	}
	slices.SortFunc(d.Answers, func(a, b docsAnswer) int { return strings.Compare(a.Status, b.Status) })
	return d
}

func docsSchemas(doc *openapi3.T) (out []docsSchema) {
	for name, ref := range doc.Components.Schemas {
		s := docsSchema{Name: name, Text: typeOf(ref.Value)}
		for field, f := range ref.Value.Properties {
			d := docsField{Name: field, Type: refName(f.Ref), Text: f.Value.Description, Optional: !slices.Contains(ref.Value.Required, field)}
			if d.Type == "" {
				d.Type = typeOf(f.Value)
			}
			s.Fields = append(s.Fields, d)
		}
		slices.SortFunc(s.Fields, func(a, b docsField) int {
			return slices.Index(ref.Value.Required, a.Name) - slices.Index(ref.Value.Required, b.Name)
		})
		slices.SortStableFunc(s.Fields, func(a, b docsField) int {
			if a.Optional != b.Optional {
				return map[bool]int{true: 1, false: -1}[a.Optional]
			}
			if a.Optional {
				return strings.Compare(a.Name, b.Name)
			}
			return 0
		})
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b docsSchema) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func typeOf(s *openapi3.Schema) string {
	if len(s.OneOf) > 0 {
		var names []string
		for _, o := range s.OneOf {
			if n := refName(o.Ref); n != "" {
				names = append(names, n)
			} else {
				names = append(names, typeOf(o.Value))
			}
		}
		return strings.Join(names, " or ")
	}
	if s.Type == nil {
		return ""
	}
	out := strings.Join(s.Type.Slice(), " or ")
	if s.Items != nil {
		item := refName(s.Items.Ref)
		if item == "" {
			item = typeOf(s.Items.Value)
		}
		out += " of " + item
	}
	for i, e := range s.Enum {
		out += map[bool]string{true: ": ", false: ", "}[i == 0] + fmt.Sprint(e)
	}
	return out
}

func refName(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

func paragraphs(s string) []string {
	return slices.DeleteFunc(strings.Split(strings.TrimSpace(s), "\n\n"), func(p string) bool { return p == "" })
}

var code = regexp.MustCompile("`([^`]*)`")

// marked shows `code` as code; everything else is text.
func marked(s string) template.HTML {
	return template.HTML(code.ReplaceAllString(template.HTMLEscapeString(strings.TrimSpace(s)), "<code>$1</code>"))
}
