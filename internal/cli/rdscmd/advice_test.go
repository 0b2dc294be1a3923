package rdscmd_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds/types"

	"cruddur/internal/cli/command"
	"cruddur/internal/cli/terminal"
)

// TestAdviceLeadsOut follows "next:" from every command in every state of an instance: it never leads back to a
// command that was run in the same state.
func TestAdviceLeadsOut(t *testing.T) {
	t.Parallel()
	broken := []string{
		"failed", "storage-full", "restore-error", "inaccessible-encryption-credentials", "inaccessible-encryption-credentials-recoverable", "insufficient-capacity",
		"incompatible-network", "incompatible-option-group", "incompatible-parameters", "incompatible-restore", "incompatible-create",
	}
	states := map[string]func(*amazon){
		"available": func(a *amazon) { a.Must("create", "--profile", "dev") },
		"creating":  func(a *amazon) { a.Must("create", "--profile", "dev", "--no-wait") },
		"protected": func(a *amazon) { a.Must("create") },
		"gone":      func(*amazon) {},
	}
	after := func(args ...string) func(*amazon) {
		return func(a *amazon) {
			a.Must("create", "--profile", "dev")
			a.Must(args...)
		}
	}
	states["stopped"], states["stopping"] = after("stop"), after("stop", "--wait=false")
	states["starting"] = func(a *amazon) { after("stop")(a); a.Must("start", "--wait=false") }
	states["modifying"] = after("modify", "cruddur", "--multi-az", "--apply-immediately", "--yes")
	states["deleting"] = after("delete", "cruddur", "--confirm", "cruddur", "--skip-final-snapshot", "--wait=false")
	for _, b := range broken {
		states[b] = func(a *amazon) {
			a.Must("create")
			a.Instance("cruddur", func(i *types.DBInstance) { i.DBInstanceStatus = aws.String(b) })
		}
	}
	for state, reach := range states {
		for command, args := range onEngines {
			if args == nil {
				continue
			}
			t.Run(state+" "+command, func(t *testing.T) {
				t.Parallel()
				a := newAmazon(t)
				reach(a)
				a.follow(line(command, "cruddur"))
			})
		}
	}
}

// follow runs a command and what its error advises, until there is nothing more of ours to type.
func (a *amazon) follow(first []string) {
	a.T.Helper()
	seen := map[string]bool{}
	for args := first; ; {
		key := a.state() + ": " + strings.Join(args, " ")
		if seen[key] {
			a.T.Errorf("a circle: %v leads back to %q", seen, key)
			return
		}
		seen[key] = true
		code, _, stderr := a.Run("", args...)
		switch next, ours := nextOf(stderr); {
		case code == command.ExitOK && (&args[0] == &first[0] || args[0] == "status"): // done, or looked up what there is
			return
		case code == command.ExitOK:
			args = first // "then run the command again"
		case !ours:
			return
		case strings.Contains(next, "ANOTHER-NAME") || strings.Contains(next, "MORE"):
			return
		default:
			args = strings.Fields(next)
		}
	}
}

// state is that of the instance, and what protects it.
func (a *amazon) state() string {
	i, err := fakeClient(a).One(a.T.Context(), "cruddur")
	if err != nil {
		return "gone"
	}
	return i.Status + " " + terminal.YesNo(i.Protected)
}

// nextOf is the command of ours that an error advises.
func nextOf(stderr string) (next string, ours bool) {
	_, next, _ = strings.Cut(stderr, "next: ")
	next, _, _ = strings.Cut(next, "\n")
	next, _, _ = strings.Cut(next, "   (")
	next, _, _ = strings.Cut(next, ", then ")
	return strings.CutPrefix(next, "cruddur rds ")
}
