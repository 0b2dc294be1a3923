package cli

import (
	"encoding/json"
	"errors"
	"strings"
)

// passwordOf takes the password out of a secret's text: the JSON of a secret that RDS manages or
// rotates, or the password alone. Another user's secret is refused, for the server's own answer to it
// would be no more than "password authentication failed".
func passwordOf(text *string, user string) (string, error) {
	if text == nil || *text == "" {
		return "", errors.New("the secret of the database holds no text")
	}
	if !strings.HasPrefix(strings.TrimSpace(*text), "{") {
		return *text, nil
	}
	var s struct{ Username, Password string }
	if err := json.Unmarshal([]byte(*text), &s); err != nil || s.Password == "" {
		return "", errors.New("the secret of the database has no password in it")
	}
	if s.Username != "" && user != "" && s.Username != user {
		return "", errors.New("the secret is that of the database user " + s.Username + ", the connection URL names " + user)
	}
	return s.Password, nil
}
