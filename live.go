package cruddur

// ChangeKind says what has changed, of that which open pages and streams must be told.
type ChangeKind string

// The kinds. An activity is the subject of the first two; of the others it is a member, or nobody in particular.
const (
	ChangeGone     ChangeKind = "gone"     // it was deleted, or its end was set to now
	ChangeCounts   ChangeKind = "counts"   // its numbers or its end have changed
	ChangeHidden   ChangeKind = "hidden"   // suspended
	ChangeSilenced ChangeKind = "silenced" // shown no more where strangers meet
	ChangeDeleted  ChangeKind = "deleted"
	ChangeParted   ChangeKind = "parted"  // blocks the object
	ChangeMuted    ChangeKind = "muted"   // mutes the object
	ChangeAccess   ChangeKind = "access"  // a session or tokens have ended; no subject: of programs, it is not known whose
	ChangeTold     ChangeKind = "told"    // what they have not read has changed
	ChangeMessage  ChangeKind = "message" // so has what they and the object write to each other
	ChangePlace    ChangeKind = "place"   // who may read
)

// Change is one thing that has changed.
type Change struct {
	ID              int64 // in no particular order; a change is known by it
	Kind            ChangeKind
	Subject, Object UUID
	Handle          string // of the subject, if it is a member
	ObjectHandle    string
	// Members are, of what is gone, who wrote it and what it hung on: who does not see one of them is not told. Of a
	// deleted member they are those who must not be told.
	Members []UUID
}

// News is what has changed since a moment.
type News struct {
	Changes []Change
	// Activities are the live ones of the last seconds, in the order of their UUIDs.
	Activities []UUID
	// Floor is where to read on: every transaction before it has ended. Held says that one is under way since then.
	Floor int64
	Held  bool
}

// Tie says what a viewer has to do with another member.
type Tie struct {
	Viewer, Other UUID
	Follows       bool
	Ignores       bool // mutes, blocks or is blocked by
}

// UnreadNumbers are what a member has not read, each counted up to MostUnread.
type UnreadNumbers struct {
	Notifications, Messages int
	Answer                  bool // one of the notifications asks for an answer
}
