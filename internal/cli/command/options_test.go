package command

import "testing"

func TestOptionsAreDeclaredOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, o := range Options() {
		for _, name := range []string{o.Env, "--" + o.Flag} {
			if name != "--" && seen[name] {
				t.Errorf("%s is declared twice", name)
			}
			seen[name] = true
		}
		if o.Help == "" {
			t.Errorf("%s has no help", o.Env)
		}
	}
}
