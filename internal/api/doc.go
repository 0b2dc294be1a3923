// Package api is the JSON API under /api, as docs/api.md and openapi.yaml state it, and the public keys
// under /.well-known. It reads bearer tokens and is blind to cookies, so a browser's session can never
// be used through it. It must not render pages, and it must not know SQL or how accounts are kept.
package api
