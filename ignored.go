package cruddur

// Ignoring says why two members have nothing to do with each other.
type Ignoring uint8

// The reasons. A member who mutes another does not see what they write; if one blocks the other, neither sees
// anything of the other.
const (
	Muting Ignoring = 1 << iota
	Blocking
	BlockedBy
)

// Apart reports whether one of two members blocks the other.
func (i Ignoring) Apart() bool { return i&(Blocking|BlockedBy) != 0 }

// Ignored is everybody whom a member does not see. The nil pointer is valid: nobody.
type Ignored struct {
	members map[UUID]Ignoring
	handles map[string]Ignoring
}

// Add adds a member for some reasons.
func (i *Ignored) Add(id UUID, handle string, why Ignoring) {
	if i.members == nil {
		i.members, i.handles = map[UUID]Ignoring{}, map[string]Ignoring{}
	}
	i.members[id] |= why
	i.handles[handle] |= why
}

// Of returns why a member is not seen; 0 if they are.
func (i *Ignored) Of(id UUID) Ignoring {
	if i == nil {
		return 0
	}
	return i.members[id]
}

// OfHandle is Of by the member's handle.
func (i *Ignored) OfHandle(handle string) Ignoring {
	if i == nil {
		return 0
	}
	return i.handles[handle]
}

// Hides reports whether lists leave an activity out: because of its author, or because of who has reposted it.
func (i *Ignored) Hides(a *Activity) bool {
	return i != nil && (i.members[a.UserUUID] != 0 || a.RepostedBy != "" && i.handles[a.RepostedBy] != 0)
}

// Empty reports whether there is nobody.
func (i *Ignored) Empty() bool { return i == nil || len(i.members) == 0 }

// UUIDs returns the members.
func (i *Ignored) UUIDs() []UUID {
	out := make([]UUID, 0, len(i.members))
	for id := range i.members {
		out = append(out, id)
	}
	return out
}
