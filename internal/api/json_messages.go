package api

import (
	"strconv"

	"cruddur"
)

// appendGroup appends a conversation with the keys of the contract: the other member and the newest message. Where no
// message is alive the text is empty, and the time is that of the conversation.
func appendGroup(b []byte, g *cruddur.Conversation) []byte {
	at := g.CreatedAt
	if !g.Last.UUID.IsZero() {
		at = g.Last.CreatedAt
	}
	b = appendUUID(append(b, `{"uuid":`...), g.UUID)
	b = appendString(append(b, `,"display_name":`...), cruddur.ShownName(g.DisplayName, g.Handle))
	b = appendString(append(b, `,"handle":`...), g.Handle)
	b = appendString(append(b, `,"message":`...), g.Last.Message)
	b = appendTime(append(b, `,"created_at":`...), at)
	b = append(b, `,"expires_at":`...)
	if g.Last.UUID.IsZero() {
		b = append(b, "null"...)
	} else {
		b = appendTime(b, g.Last.ExpiresAt)
	}
	b = strconv.AppendInt(append(b, `,"unread":`...), int64(g.Unread), 10)
	b = appendString(append(b, `,"timer":`...), string(g.Timer))
	b = append(b, `,"timer_changed_at":`...)
	if g.TimerChangedAt.IsZero() {
		b = append(b, "null"...)
	} else {
		b = appendTime(b, g.TimerChangedAt)
	}
	b = strconv.AppendBool(append(b, `,"timer_changed_by_me":`...), !g.TimerChangedBy.IsZero() && g.TimerChangedBy != g.Other)
	b = strconv.AppendBool(append(b, `,"request":`...), g.Request)
	b = strconv.AppendBool(append(b, `,"muted":`...), g.Muted)
	b = appendFace(b, "avatar_url", g.Avatar)
	return append(b, '}')
}

func appendGroups(b []byte, list []cruddur.Conversation) []byte {
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendGroup(b, &list[i])
	}
	return append(b, ']')
}

// appendMessage appends a message with the keys of the contract: who has sent it, and what it says.
func appendMessage(b []byte, m *cruddur.PrivateMessage) []byte {
	b = appendUUID(append(b, `{"uuid":`...), m.UUID)
	b = appendString(append(b, `,"display_name":`...), cruddur.ShownName(m.DisplayName, m.Handle))
	b = appendString(append(b, `,"handle":`...), m.Handle)
	b = appendString(append(b, `,"message":`...), m.Message)
	b = appendTime(append(b, `,"created_at":`...), m.CreatedAt)
	b = appendTime(append(b, `,"expires_at":`...), m.ExpiresAt)
	return append(b, '}')
}

func appendMessages(b []byte, list []cruddur.PrivateMessage) []byte {
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendMessage(b, &list[i])
	}
	return append(b, ']')
}

func appendUnread(b []byte, unread, requests int) []byte {
	b = strconv.AppendInt(append(b, `{"unread":`...), int64(unread), 10)
	b = strconv.AppendInt(append(b, `,"requests":`...), int64(requests), 10)
	return append(b, '}')
}
