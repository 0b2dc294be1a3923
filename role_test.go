package cruddur_test

import (
	"testing"

	"cruddur"
)

func TestRole(t *testing.T) {
	t.Parallel()
	for _, r := range []cruddur.Role{cruddur.RoleMember, cruddur.RoleModerator, cruddur.RoleOperator} {
		if got, err := cruddur.ParseRole(r.String()); got != r || err != nil {
			t.Errorf("%v is read as %v, %v", r, got, err)
		}
	}
	if got := []string{cruddur.RoleMember.String(), cruddur.RoleModerator.String(), cruddur.RoleOperator.String(), cruddur.Role(3).String()}; got[0] != "member" || got[1] != "moderator" || got[2] != "operator" || got[3] != "role 3" {
		t.Errorf("the roles are %q", got)
	}
	if cruddur.RoleMember >= cruddur.RoleModerator || cruddur.RoleModerator >= cruddur.RoleOperator {
		t.Error("the roles are not in the order of what they may do")
	}
	for _, name := range []string{"", "Operator", "moderator ", "admin"} {
		if got, err := cruddur.ParseRole(name); err == nil || got != cruddur.RoleMember || cruddur.CodesOf(err)[0] != "role_invalid" {
			t.Errorf("%q is read as %v, %v", name, got, err)
		}
	}
}
