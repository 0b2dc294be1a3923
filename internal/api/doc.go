// Package api is the JSON API under /api, as docs/api.md and openapi.yaml describe it, and the public keys under
// /.well-known. It reads bearer tokens and ignores cookies, so a browser's session can never be used through it. It
// must not render pages, use SQL or depend on how accounts are stored.
package api
