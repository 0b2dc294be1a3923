package cruddur

import (
	"fmt"
	"time"
)

// Role says what somebody may do beyond being a member. Each role may do what those before it may.
type Role uint8

// The roles. Moderators look after reports and members; operators also look after the place itself, and after the
// moderators.
const (
	RoleMember Role = iota
	RoleModerator
	RoleOperator
)

// roles are the names of the roles, as in the column users.role.
var roles = [...]string{RoleMember: "member", RoleModerator: "moderator", RoleOperator: "operator"}

// String returns the name of the role.
func (r Role) String() string {
	if int(r) < len(roles) {
		return roles[r]
	}
	return fmt.Sprintf("role %d", uint8(r))
}

// ParseRole returns the role with a name, or role_invalid.
func ParseRole(name string) (Role, error) {
	for i, n := range roles {
		if n == name {
			return Role(i), nil
		}
	}
	return RoleMember, Invalid("role", "role_invalid")
}

// Limits of an entry in the audit log, in code points.
const (
	MaxActTarget = 300
	MaxActNote   = 1000
)

// ActLife is how long the audit log keeps an entry.
const ActLife = 365 * 24 * time.Hour

// CommandLine is the actor of what was done with the program's commands: whoever runs them needs no account.
const CommandLine = "command line"

// The acts of moderators, as the audit log names them. Those that give a role are "role_" and its name.
const (
	ActSuspend        = "suspend"
	ActUnsuspend      = "unsuspend"
	ActSilence        = "silence"
	ActUnsilence      = "unsilence"
	ActDeleteActivity = "delete_activity"
	ActDeleteMember   = "delete_member"
	ActNote           = "note"
	ActCloseCase      = "close_case"
)

// Act is an entry in the audit log: what somebody did by virtue of their role. Entries are never changed, and moderators
// cannot delete them.
type Act struct {
	UUID      UUID
	Actor     string // "@" and the handle, or CommandLine
	Act       string // a snake_case word such as suspend
	Target    string // "@" and a handle, or another name of what the act changed
	Note      string // why, in the actor's words; may be empty
	CreatedAt time.Time
}
