package guard

import "testing"

// The folder is the XDG state directory, which has to be absolute, or the one below the home.
func TestStateDir(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ state, home, want string }{
		{"/state", "/home/ana", "/state/cruddur"},
		{"", "/home/ana", "/home/ana/.local/state/cruddur"},
		{"state", "/home/ana", "/home/ana/.local/state/cruddur"},
		{"state", "", ""},
		{"", "", ""},
	} {
		got, err := stateDir(func(k string) string { return map[string]string{"XDG_STATE_HOME": c.state, "HOME": c.home}[k] })
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("XDG_STATE_HOME=%q, HOME=%q: %q, %v, want %q", c.state, c.home, got, err, c.want)
		}
	}
}
