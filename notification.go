package cruddur

import "time"

// NotificationKind says what a notification tells.
type NotificationKind string

// The kinds of notification. Replies, mentions and messages ask for an answer.
const (
	NotifyReply   NotificationKind = "reply"   // somebody has answered an activity of the member
	NotifyMention NotificationKind = "mention" // somebody mentions the member
	NotifyLike    NotificationKind = "like"    // members like an activity of the member
	NotifyRepost  NotificationKind = "repost"  // members have reposted one
	NotifyMessage NotificationKind = "message" // somebody with whom the member talks has sent private messages
	NotifyFollow  NotificationKind = "follow"  // members have begun to follow the member, all on one day (in UTC)
)

// Notification tells a member what others did: all likes of one crud are one notification, and all messages of one conversation.
type Notification struct {
	UUID        UUID // that of the newest that the member may see: its place in the list, which changes when more is done
	Kind        NotificationKind
	CreatedAt   time.Time // of the newest
	Unread      bool
	Actors      []Person  // who did it, the newest first, at most MostActors
	ActorsCount int       // of followers at most MostCounted
	Activity    *Activity // what was liked or reposted, or what was written; nil for a follow and for messages

	Message       *PrivateMessage // the newest of the other member; nil for all other kinds
	MessagesCount int             // how many messages of the other member are not read in the conversation, at most MostUnread
}

// MostActors is the most members that a notification names.
const MostActors = 3

// Unread counts what a member has not read.
type Unread struct {
	Count  int  // of notifications, at most MostUnread
	Answer bool // one of them is a reply, a mention or a message
}

// MostUnread is the upper limit of a number of unread notifications or messages: it means this many or more.
const MostUnread = 100
