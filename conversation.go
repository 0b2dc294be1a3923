package cruddur

import "time"

// MaxPrivateMessage is the most code points of a private message.
const MaxPrivateMessage = 1024

// MaxUnanswered is how many messages can be sent to a member who has not answered, accepted or followed.
const MaxUnanswered = 5

// QuietLife is how long a conversation exists after its last message has ended.
const QuietLife = MaxLife

// Conversation is what two members have together for their private messages, as one of them sees it.
type Conversation struct {
	UUID        UUID // the nil UUID as long as nothing was sent
	Other       UUID // the other member
	Handle      string
	DisplayName string
	Avatar      UUID // the picture of the other member, or the nil UUID

	Timer          TTL       // how long a message that is sent now lives
	TimerChangedBy UUID      // who changed it last; the nil UUID: nobody
	TimerChangedAt time.Time // the zero time: never

	Request   bool // waits for the reader's answer
	Waits     bool // waits for the other member's answer
	Muted     bool // the reader has muted the other member
	Unread    int  // messages that the reader has not seen, at most MostUnread; 0 if Muted
	Read      UUID // the newest message that the reader has seen, or the nil UUID
	Place     UUID // in the list of conversations: the next page begins before it
	CreatedAt time.Time

	Last PrivateMessage // the newest that is alive, in a list of conversations; without a UUID if there is none
}

// PrivateMessage is one message between two members. It ends as an Activity does.
type PrivateMessage struct {
	UUID         UUID
	Conversation UUID
	UserUUID     UUID // who has sent it
	Handle       string
	DisplayName  string
	Message      string
	CreatedAt    time.Time
	ExpiresAt    time.Time
}

// CheckPrivateMessage is CheckMessage for a private message, which may have MaxPrivateMessage code points.
func CheckPrivateMessage(s string) (string, error) {
	return checkText(s, MaxPrivateMessage, "message_exceed_max_chars_1024")
}
