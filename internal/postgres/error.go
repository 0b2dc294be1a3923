package postgres

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cruddur"
)

// constraintErrors maps a violated constraint to the error that the member sees.
var constraintErrors = map[string]*cruddur.Error{
	"users_handle_key":                        {Kind: cruddur.KindConflict, Codes: []string{"handle_taken"}, Field: "handle"},
	"users_email_key":                         {Kind: cruddur.KindConflict, Codes: []string{"email_taken"}, Field: "email"},
	"users_handle_check":                      cruddur.Invalid("handle", "handle_invalid"),
	"users_display_name_length_check":         cruddur.Invalid("display_name", "display_name_exceed_max_chars"),
	"users_bio_length_check":                  cruddur.Invalid("bio", "bio_exceed_max_chars"),
	"users_role_check":                        cruddur.Invalid("role", "role_invalid"),
	"users_email_length_check":                cruddur.Invalid("email", "email_invalid"),
	"activities_message_length_check":         cruddur.Invalid("message", "message_exceed_max_chars"),
	"activities_reply_length_check":           cruddur.Invalid("message", "message_exceed_max_chars_1024"),
	"activities_content_warning_length_check": cruddur.Invalid("content_warning", "content_warning_exceed_max_chars"),
	"activities_life_check":                   cruddur.Invalid("ttl", "ttl_blank"),
	"activities_user_uuid_fkey":               cruddur.NewError(cruddur.KindNotFound),
	// What it hangs on, or the member, was deleted at that moment.
	"activities_reply_to_activity_uuid_fkey": cruddur.NewError(cruddur.KindNotFound),
	"likes_activity_uuid_fkey":               cruddur.NewError(cruddur.KindNotFound),
	"likes_user_uuid_fkey":                   cruddur.NewError(cruddur.KindNotFound),
	"reposts_activity_uuid_fkey":             cruddur.NewError(cruddur.KindNotFound),
	"reposts_user_uuid_fkey":                 cruddur.NewError(cruddur.KindNotFound),
	"follows_follower_uuid_fkey":             cruddur.NewError(cruddur.KindNotFound),
	"follows_followed_uuid_fkey":             cruddur.NewError(cruddur.KindNotFound),
	"notifications_activity_uuid_fkey":       cruddur.NewError(cruddur.KindNotFound),
	"notifications_user_uuid_fkey":           cruddur.NewError(cruddur.KindNotFound),
	"notification_marks_user_uuid_fkey":      cruddur.NewError(cruddur.KindNotFound),
	"follows_self_check":                     cruddur.Invalid("handle", "follow_oneself"),
	"blocks_blocker_uuid_fkey":               cruddur.NewError(cruddur.KindNotFound),
	"blocks_blocked_uuid_fkey":               cruddur.NewError(cruddur.KindNotFound),
	"blocks_self_check":                      cruddur.Invalid("handle", "block_oneself"),
	"mutes_muter_uuid_fkey":                  cruddur.NewError(cruddur.KindNotFound),
	"mutes_muted_uuid_fkey":                  cruddur.NewError(cruddur.KindNotFound),
	"mutes_self_check":                       cruddur.Invalid("handle", "mute_oneself"),
	"pictures_user_uuid_fkey":                cruddur.NewError(cruddur.KindNotFound),
	"pictures_activity_uuid_fkey":            cruddur.NewError(cruddur.KindNotFound),
	"pictures_alt_length_check":              cruddur.Invalid("alt", "alt_exceed_max_chars"),
	"reports_words_length_check":             cruddur.Invalid("words", "words_exceed_max_chars"),
	"reports_reason_check":                   cruddur.Invalid("reason", "reason_invalid"),
	// Whom a report is about, its reporter, or its case, was deleted at that moment.
	"reports_case_uuid_fkey":      cruddur.NewError(cruddur.KindNotFound),
	"reports_reporter_uuid_fkey":  cruddur.NewError(cruddur.KindNotFound),
	"cases_member_uuid_fkey":      cruddur.NewError(cruddur.KindNotFound),
	"audit_log_note_length_check": cruddur.Invalid("note", "act_note_exceed_max_chars"),
	// The picture was deleted while its bytes were being stored, or another one took its place.
	"picture_bytes_picture_uuid_fkey": cruddur.NewError(cruddur.KindNotFound),
	"users_avatar_uuid_fkey":          cruddur.NewError(cruddur.KindConflict),
	"users_banner_uuid_fkey":          cruddur.NewError(cruddur.KindConflict),

	"messages_message_length_check": cruddur.Invalid("message", "message_exceed_max_chars_1024"),
	// The conversation, or a member, was deleted at that moment.
	"messages_conversation_uuid_fkey": cruddur.NewError(cruddur.KindNotFound),
	"messages_user_uuid_fkey":         cruddur.NewError(cruddur.KindNotFound),
	"conversations_first_uuid_fkey":   cruddur.NewError(cruddur.KindNotFound),
	"conversations_second_uuid_fkey":  cruddur.NewError(cruddur.KindNotFound),

	"accounts_email_key":                 {Kind: cruddur.KindConflict, Codes: []string{"email_taken"}, Field: "email"},
	"accounts_email_length_check":        cruddur.Invalid("email", "email_invalid"),
	"sign_ups_email_length_check":        cruddur.Invalid("email", "email_invalid"),
	"sign_ups_display_name_length_check": cruddur.Invalid("name", "name_exceed_max_chars"),
	"sign_ups_handle_length_check":       cruddur.Invalid("handle", "handle_invalid"),
	// The family was ended while one of its tokens was being exchanged.
	"refresh_tokens_family_uuid_fkey": cruddur.NewError(cruddur.KindUnauthenticated),
}

// classify turns a pgx error into a product error, by SQLSTATE and constraint name, never by text. An unknown
// error stays as it is: internal.
func classify(err error) error {
	if err == nil {
		return nil
	}
	if _, done := errors.AsType[*cruddur.Error](err); done {
		return err
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return cruddur.NewError(cruddur.KindNotFound).Wrap(err)
	}
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok {
		return classifyServer(pe, err)
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	_, connect := errors.AsType[*pgconn.ConnectError](err)
	_, network := errors.AsType[net.Error](err)
	if connect || network || errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, context.DeadlineExceeded) || pgconn.SafeToRetry(err) || pgconn.Timeout(err) {
		return unavailable(err)
	}
	return err
}

func classifyServer(pe *pgconn.PgError, err error) error {
	if known, ok := constraintErrors[pe.ConstraintName]; ok && strings.HasPrefix(pe.Code, "23") {
		return known.Wrap(err)
	}
	switch class := pe.Code[:2]; {
	case pe.Code == "22021", pe.Code == "22P05", pe.Code == "22P02": // NUL, or a byte that is not valid text
		return cruddur.NewError(cruddur.KindInvalid, "invalid_text").Wrap(err)
	case pe.Code == "23505", pe.Code == "40001", pe.Code == "40P01":
		return cruddur.NewError(cruddur.KindConflict).Wrap(err)
	case pe.Code == "42P01", pe.Code == "42703", pe.Code == "42883", pe.Code == "3D000": // no schema, an old one, no database
		return unavailable(err)
	case class == "08", class == "53", class == "57", class == "28", pe.Code == "25006", pe.Code == "55P03":
		return unavailable(err)
	}
	return err
}

// unavailable says that the database cannot be reached now, and that a client may retry after 5 seconds.
func unavailable(err error) error {
	e := cruddur.NewError(cruddur.KindUnavailable)
	e.RetryAfter = 5
	return e.Wrap(err)
}
