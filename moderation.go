package cruddur

// Moderator is somebody who looks after reports and members: a member by virtue of their role, or whoever runs the
// commands of the program.
type Moderator struct {
	UUID   UUID // the nil UUID: AtCommandLine
	Handle string
	Role   Role
}

// AtCommandLine is whoever runs the commands of the program. They need no account, and may do what operators may.
var AtCommandLine = Moderator{Role: RoleOperator}

// ModeratorOf returns a member as the one who moderates; what they may do follows from their role.
func ModeratorOf(u *User) Moderator { return Moderator{u.UUID, u.Handle, u.Role} }

// Name is how the audit log names the moderator.
func (m Moderator) Name() string {
	if m == AtCommandLine {
		return CommandLine
	}
	return "@" + m.Handle
}

// May reports whether the moderator may act on a member with a role, and handle cases about them: nobody on themselves,
// moderators on members alone, operators on everybody else. The nil UUID is a member whose account is deleted. The
// function may_moderate of the database says the same.
func (m Moderator) May(member UUID, role Role) bool {
	if m.Role < RoleModerator || m.UUID == member && !member.IsZero() {
		return false
	}
	return role == RoleMember || m.Role == RoleOperator
}
