package cli

import (
	"encoding/json"
	"net/http"
	"testing"
)

// demoTalks reads the answer to the sign-in of the demo member, and looks at their messages: there are two
// conversations and a request.
func demoTalks(t *testing.T, url string, signIn *http.Response) {
	t.Helper()
	var tokens struct {
		Access string `json:"access_token"`
	}
	err := json.NewDecoder(signIn.Body).Decode(&tokens)
	signIn.Body.Close()
	if signIn.StatusCode != 200 || err != nil {
		t.Errorf("the demo member signs in: %d, %v", signIn.StatusCode, err)
	}
	for path, want := range map[string]int{"/api/message_groups": 2, "/api/message_groups?requests=true": 1} {
		if got := demoHas(t, url+path, tokens.Access); got != want {
			t.Errorf("the demo member has %d of %s, want %d", got, path, want)
		}
	}
}

// demoHas counts what a list of the demo member has.
func demoHas(t *testing.T, url, token string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var list []any
	if err := json.NewDecoder(res.Body).Decode(&list); err != nil {
		t.Fatal(err)
	}
	return len(list)
}
