package api

import (
	_ "embed"
)

//go:embed openapi.yaml
var openAPI []byte

func (c *call) getOpenAPI() error {
	c.w.Header().Set("Content-Type", "application/yaml")
	return c.writeCached(openAPI)
}

func (c *call) getDocs() error {
	c.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return c.writeCached(openAPI)
}
