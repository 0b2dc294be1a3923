package api

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
)

// openAPI is the document, and docsPage is the page that shows it. A test generates the page from the document, so
// that the program needs neither a parser nor a script of a megabyte.
var (
	//go:embed openapi.yaml
	openAPI []byte
	//go:embed docs.html
	docsPage []byte
	//go:embed docs.css
	docsStyle string
)

// docsPolicy allows the page's own style, by its hash, and nothing else.
var docsPolicy = func() []string {
	sum := sha256.Sum256([]byte(docsStyle))
	return []string{"default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"}
}()

func (c *call) getOpenAPI() error {
	c.w.Header()["Content-Type"] = []string{"application/yaml"}
	return c.writeCached(openAPI)
}

func (c *call) getDocs() error {
	h := c.w.Header()
	h["Content-Type"] = []string{"text/html; charset=utf-8"}
	h["Content-Security-Policy"] = docsPolicy
	h["Referrer-Policy"] = []string{"same-origin"}
	return c.writeCached(docsPage)
}
