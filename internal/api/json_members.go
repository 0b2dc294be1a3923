package api

import (
	"strconv"

	"cruddur"
)

// appendProfile appends the public data of a member, and what binds them to the reader. In the original the key
// cognito_user_uuid held the identity provider's subject; its client only needs a stable name for the member there, and
// gets the public UUID.
func appendProfile(b []byte, p *cruddur.Profile, tie cruddur.Person) []byte {
	b = appendUUID(append(b, `{"uuid":`...), p.UUID)
	b = appendUUID(append(b, `,"cognito_user_uuid":`...), p.UUID)
	b = appendString(append(b, `,"handle":`...), p.Handle)
	b = appendString(append(b, `,"display_name":`...), cruddur.ShownName(p.DisplayName, p.Handle))
	b = appendString(append(b, `,"bio":`...), cruddur.Tidy(p.Bio))
	b = strconv.AppendInt(append(b, `,"cruds_count":`...), p.CrudsCount, 10)
	b = strconv.AppendInt(append(b, `,"followers_count":`...), p.FollowersCount, 10)
	b = strconv.AppendInt(append(b, `,"following_count":`...), p.FollowingCount, 10)
	b = strconv.AppendBool(append(b, `,"likes_public":`...), p.LikesPublic)
	b = appendFace(b, "avatar_url", p.Avatar)
	b = appendFace(b, "banner_url", p.Banner)
	return appendTie(b, &tie)
}

// appendPeople appends a list of members.
func appendPeople(b []byte, list []cruddur.Person) []byte {
	b = append(b, '[')
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendPerson(b, &list[i])
	}
	return append(b, ']')
}

func appendPerson(b []byte, p *cruddur.Person) []byte {
	b = appendUUID(append(b, `{"uuid":`...), p.UUID)
	b = appendString(append(b, `,"handle":`...), p.Handle)
	b = appendString(append(b, `,"display_name":`...), cruddur.ShownName(p.DisplayName, p.Handle))
	b = appendString(append(b, `,"bio":`...), cruddur.Tidy(p.Bio))
	b = appendFace(b, "avatar_url", p.Avatar)
	return appendTie(b, p)
}

// appendTie ends the object of a member.
func appendTie(b []byte, p *cruddur.Person) []byte {
	b = strconv.AppendBool(append(b, `,"following":`...), p.Following)
	b = strconv.AppendBool(append(b, `,"followed_by":`...), p.FollowedBy)
	b = strconv.AppendBool(append(b, `,"muting":`...), p.Ignoring&cruddur.Muting != 0)
	b = strconv.AppendBool(append(b, `,"blocking":`...), p.Ignoring&cruddur.Blocking != 0)
	return append(b, '}')
}

// appendMe appends the data that only the member may see.
func appendMe(b []byte, u *cruddur.User) []byte {
	b = appendUUID(append(b, `{"uuid":`...), u.UUID)
	b = appendString(append(b, `,"handle":`...), u.Handle)
	b = appendString(append(b, `,"display_name":`...), cruddur.ShownName(u.DisplayName, u.Handle))
	b = appendString(append(b, `,"bio":`...), cruddur.Tidy(u.Bio))
	b = appendString(append(b, `,"email":`...), u.Email)
	b = append(b, `,"default_ttl":`...)
	if u.DefaultTTL == "" {
		b = append(b, "null"...)
	} else {
		b = appendString(b, string(u.DefaultTTL))
	}
	b = appendTime(append(b, `,"created_at":`...), u.CreatedAt)
	b = appendString(append(b, `,"role":`...), u.Role.String())
	b = appendFace(b, "avatar_url", u.Avatar)
	b = appendFace(b, "banner_url", u.Banner)
	return append(b, '}')
}
