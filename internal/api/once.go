package api

import (
	"strings"

	"cruddur"
)

// idempotencyKey returns the name that the client gives to this attempt, or "" if there is none. The header is a
// quoted string (draft-ietf-httpapi-idempotency-key-header; RFC 8941, 3.3.3) of 1 to cruddur.MaxIdempotencyKey
// printable ASCII characters, without parameters.
func idempotencyKey(lines []string) (string, error) {
	if len(lines) == 0 {
		return "", nil
	}
	invalid := cruddur.NewError(cruddur.KindInvalid, "idempotency_key_invalid")
	text, opened := strings.CutPrefix(strings.Trim(lines[0], " \t"), `"`)
	text, closed := strings.CutSuffix(text, `"`)
	if len(lines) > 1 || !opened || !closed {
		return "", invalid
	}
	var key strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
			if i == len(text) || text[i] != '"' && text[i] != '\\' {
				return "", invalid
			}
		case c < ' ' || c > '~' || c == '"':
			return "", invalid
		}
		key.WriteByte(text[i])
	}
	if key.Len() == 0 || key.Len() > cruddur.MaxIdempotencyKey {
		return "", invalid
	}
	return key.String(), nil
}
