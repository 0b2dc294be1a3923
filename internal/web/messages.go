package web

import (
	"cruddur"
	"cruddur/internal/identity"
	"cruddur/internal/lang"
)

// sentence is the text for an error code, and the form field that it belongs to.
type sentence struct {
	text  string // in English
	field string
	n     int // the number in the text, if it has one
}

// sentences has one entry for every code of docs/api.md that a page can meet.
var sentences = map[string]sentence{
	"message_blank":                 {"Write something first: it needs at least one character that people can see.", "message", 0},
	"message_exceed_max_chars":      {tooLong, "message", cruddur.MaxMessage},
	"message_exceed_max_chars_1024": {tooLong, "message", cruddur.MaxReply},
	"request_unanswered":            {"You have sent {n} messages. You can write again when they have answered.", "message", cruddur.MaxUnanswered},
	"user_reciever_handle_blank":    {"Type the handle of the member to whom you want to write.", "to", 0},
	"message_group_uuid_blank":      {"Say which conversation you mean.", "", 0},
	"message_uuid_invalid":          {"Say which message you mean.", "", 0},
	"requests_invalid":              {"Ask for requests with true or false.", "", 0},
	"member_unreachable":            {"There is nobody of that handle to whom you can write.", "to", 0},
	"message_invalid_text":          {"It has a character that cannot be stored. Type that part again.", "message", 0},
	"invalid_text":                  {"It has a character that cannot be stored. Type that part again.", "", 0},
	"mute_oneself":                  {"Nobody mutes themselves.", "", 0},
	"block_oneself":                 {"Nobody blocks themselves.", "", 0},
	"follow_oneself":                {"Nobody follows themselves: what you write is in your feed anyway.", "", 0},
	"confirm_mismatch":              {"That is not your handle, so nothing was deleted. Type it as it is shown here.", "confirm", 0},
	"search_term_blank":             {"Type what to search for.", "q", 0},
	"search_term_too_long":          {tooLong, "q", cruddur.MaxSearch},
	"ttl_blank":                     {"Choose how long it lives.", "ttl", 0},

	"content_warning_exceed_max_chars":  {"A content warning has at most {n} characters.", "content_warning", cruddur.MaxWarning},
	"content_warning_invalid_text":      {"It has a character that is not allowed here, perhaps an invisible one. Delete the text and type it again.", "content_warning", 0},
	"name_blank":                        {"Type a name. Any name will do, with at least one character that people can see.", "name", 0},
	"name_exceed_max_chars":             {"A name has at most {n} characters.", "name", cruddur.MaxDisplayName},
	"name_invalid_text":                 {"It has a character that a name cannot have, perhaps an invisible one. Delete the name and type it again.", "name", 0},
	"display_name_blank":                {"Type a name. Any name will do, with at least one character that people can see.", "display_name", 0},
	"display_name_exceed_max_chars":     {"A name has at most {n} characters.", "display_name", cruddur.MaxDisplayName},
	"display_name_invalid_text":         {"It has a character that a name cannot have, perhaps an invisible one. Delete the name and type it again.", "display_name", 0},
	"bio_exceed_max_chars":              {tooLong, "bio", cruddur.MaxBio},
	"bio_invalid_text":                  {"It has a character that is not allowed here, perhaps an invisible one. Delete the text and type it again.", "bio", 0},
	"handle_blank":                      {"Choose a handle: it is your address here.", "handle", 0},
	"email_blank":                       {"Type your e-mail address.", "email", 0},
	"password_blank":                    {"Type a password.", "password", 0},
	"old_password_blank":                {"Type your current password.", "old_password", 0},
	"code_blank":                        {"Type the code from the mail.", "code", 0},
	"idempotency_key_invalid":           {"The form arrived incomplete or damaged. Go back and send it again.", "", 0},
	"idempotency_key_reused":            {"The form arrived incomplete or damaged. Go back and send it again.", "", 0},
	"email_invalid":                     {"That does not look like an e-mail address.", "email", 0},
	"email_taken":                       {"That address cannot be used.", "email", 0},
	"user_handle_blank":                 {"Choose a handle: it is your address here.", "handle", 0},
	"blank_user_handle":                 {"Choose a handle: it is your address here.", "handle", 0},
	"line_exceed_max_chars":             {"The line has at most {n} characters.", "line", cruddur.MaxPlaceLine},
	"line_invalid_text":                 {"It has a character that cannot be shown on one line. Delete it and type it again.", "line", 0},
	"contact_exceed_max_chars":          {"The contact has at most {n} characters.", "contact", cruddur.MaxPlaceContact},
	"contact_invalid_text":              {"It has a character that cannot be shown on one line. Delete it and type it again.", "contact", 0},
	"rules_exceed_max_chars":            {"The rules have at most {n} characters.", "rules", cruddur.MaxPlaceRules},
	"rules_invalid_text":                {"The rules have a character that cannot be shown.", "rules", 0},
	"colour_invalid":                    {"A colour is written as # and six digits, such as #9500ff.", "colour", 0},
	"sign_up_invalid":                   {"Choose who may sign up.", "sign_up", 0},
	"reading_invalid":                   {"Choose who may read.", "reading", 0},
	"domains_blank":                     {"Name at least one domain whose addresses may sign up.", "domains", 0},
	"domain_invalid":                    {"One of these is not a domain. Write them as in addresses, such as school.example, or *.school.example for all below it.", "domains", 0},
	"too_many_domains":                  {"There can be at most {n} domains.", "domains", cruddur.MaxDomains},
	"note_exceed_max_chars":             {"The note has at most {n} characters.", "note", cruddur.MaxInvitationNote},
	"note_invalid_text":                 {"It has a character that cannot be shown on one line. Delete it and type it again.", "note", 0},
	"uses_invalid":                      {"An invitation is for 1 to {n} people.", "uses", cruddur.MaxInvitationUses},
	"days_invalid":                      {"An invitation holds for 1 to {n} days.", "days", 365},
	"sign_up_closed":                    {"This place takes no new members at the moment.", "", 0},
	"invitation_blank":                  {"Here one signs up with an invitation: ask a member for a link.", "invitation", 0},
	"invitation_invalid":                {"This invitation does not hold, or does no longer. Ask whoever sent it for a new one.", "invitation", 0},
	"invitation_used_up":                {"As many people have come by this invitation as it was made for. Ask for a new one.", "", 0},
	"email_domain_refused":              {"This place admits addresses of its own only. Use yours, or an invitation.", "email", 0},
	"reason_blank":                      {"Choose what is wrong with it.", "reason", 0},
	"reason_invalid":                    {"Choose what is wrong with it.", "reason", 0},
	"words_exceed_max_chars":            {tooLong, "words", cruddur.MaxReportWords},
	"words_invalid_text":                {"It has a character that cannot be stored. Type that part again.", "words", 0},
	"report_oneself":                    {"Nobody reports themselves.", "", 0},
	"target_blank":                      {"Say what you want to report.", "", 0},
	"target_invalid":                    {"Report one thing at a time.", "", 0},
	"act_note_blank":                    {"Write what you want to note.", "note", 0},
	"act_note_exceed_max_chars":         {tooLong, "note", cruddur.MaxActNote},
	"act_note_invalid_text":             {"It has a character that cannot be stored. Type that part again.", "note", 0},
	"moderation_forbidden":              {"Only an operator acts on moderators and operators, and nobody on themselves.", "", 0},
	"role_invalid":                      {"There is no such role.", "role", 0},
	"handle_invalid":                    {"A handle has 2 to {n} of the letters a to z, digits and _, begins with a letter or digit, and some words are reserved.", "handle", cruddur.MaxHandle},
	"handle_taken":                      {"Somebody has that handle already. Try another.", "handle", 0},
	"password_too_short":                {"A password has at least {n} characters.", "password", identity.MinPassword},
	"password_too_long":                 {"A password has at most {n} characters.", "password", identity.MaxPassword},
	"password_too_common":               {"That is one of the passwords that everybody tries first. Choose another.", "password", 0},
	"password_invalid_text":             {"It has a character that cannot be stored. Choose another.", "password", 0},
	"password_invalid":                  {"That password cannot be used: it must not begin or end with a space. Choose another.", "password", 0},
	"password_lacks_uppercase":          {"The password needs a capital letter.", "password", 0},
	"password_lacks_lowercase":          {"The password needs a small letter.", "password", 0},
	"password_lacks_number":             {"The password needs a digit.", "password", 0},
	"password_lacks_symbol":             {"The password needs a character that is neither a letter nor a digit.", "password", 0},
	"password_used_before":              {"You have used that password before. Choose a new one.", "password", 0},
	"password_reset_required":           {"Choose a new password first: ask for a code by mail.", "", 0},
	"second_factor_unsupported":         {"This account needs a second factor, which cannot be entered here.", "", 0},
	"account_refused":                   {"This account is not allowed to sign in here. Ask the operator of this server.", "", 0},
	"code_mismatch":                     {"That is not the code, or it has been used. Look at the newest mail.", "code", 0},
	"code_expired":                      {"That code is too old. Ask for a new one.", "code", 0},
	"credentials_mismatch":              {"The e-mail address or the password is wrong.", "password", 0},
	"account_unconfirmed":               {"The address is not confirmed yet: enter the code from the mail.", "", 0},
	"account_locked":                    {"Too many wrong passwords. Wait a little and try again, or choose a new password by mail.", "", 0},
	"account_suspended":                 {"This account is suspended. Ask the operator of this server.", "", 0},
	"cognito_user_id_blank":             {"Sign in first.", "", 0},
	"activity_uuid_blank":               {"Say which crud you mean.", "", 0},
	"other_member":                      {"Somebody else is signed in here now, so this was not posted. Whoever wrote it signs in and posts it.", "", 0},
	"cross_origin":                      {"Another site has sent this form, so nothing was done.", "", 0},
	"invalid_json":                      {"That is not JSON.", "", 0},
	"body_too_large":                    {"The request is too large.", "", 0},
	"kind_invalid":                      {"Ask for all notifications, or for mentions.", "", 0},
	"feed_invalid":                      {"Ask for the feed home, following or none.", "", 0},
	"uuid_invalid":                      {"That is none of your notifications.", "", 0},
	"limit_invalid":                     {"Ask for 1 to {n} at a time.", "", cruddur.MaxPageSize},
	"refresh_token_blank":               {"Sign in again.", "", 0},
	"connection_url_invalid":            {"The address of the database is wrong.", "", 0},
	"picture_blank":                     {"Choose a picture first.", "pictures", 0},
	"picture_format_unknown":            {"That is no picture that can be shown here. Choose a JPEG, PNG, WebP or GIF.", "pictures", 0},
	"picture_too_large":                 {"That picture is larger than 8 MB.", "pictures", 0},
	"picture_too_many_pixels":           {"That picture has too many pixels. Make it smaller: 20 megapixels are never too many.", "pictures", 0},
	"picture_damaged":                   {"That picture is damaged. Choose another.", "pictures", 0},
	"picture_incomplete":                {"The picture did not arrive whole. Send it again.", "pictures", 0},
	"picture_used":                      {"Something shows that picture. Delete that instead.", "pictures", 0},
	"pictures_busy":                     {"Many pictures are arriving right now. Nothing you wrote is lost: try again in a moment.", "pictures", 0},
	"pictures_invalid":                  {"One of the pictures is not there any more: it was posted already, or is older than an hour. Your text is not lost: choose the picture again.", "pictures", 0},
	"pictures_exceed_max":               {"A crud has at most {n} pictures.", "pictures", cruddur.MaxPictures},
	"alt_exceed_max_chars":              {"An alternative text has at most {n} characters.", "pictures", cruddur.MaxAlt},
	"alt_invalid_text":                  {"An alternative text has a character that cannot be stored.", "pictures", 0},
	"form_invalid":                      {"The form arrived incomplete or damaged. Go back and send it again.", "", 0},
	"form_too_large":                    {"The form is too large.", "", 0},
	string(cruddur.KindInvalid):         {"Something in the form is wrong.", "", 0},
	string(cruddur.KindForbidden):       {"That is not yours.", "", 0},
	string(cruddur.KindNotFound):        {"Gone, or never here.", "", 0},
	string(cruddur.KindConflict):        {"Something changed in the meantime. Try again.", "", 0},
	string(cruddur.KindTooMany):         {"Too many requests came in a short time.", "", 0},
	string(cruddur.KindUnavailable):     {"The database cannot be reached right now. Nothing you wrote is lost: try again in a moment.", "", 0},
	string(cruddur.KindInternal):        {"That is our fault, not yours. Nothing you wrote is lost: try again in a moment.", "", 0},
	string(cruddur.KindUnauthenticated): {"You are not signed in any more. Sign in, then send this again.", "", 0},
}

// tooLong is about a limit in characters.
const tooLong = "That is longer than {n} characters."

// in returns the sentence in a language.
func (s sentence) in(l *lang.Language) string {
	if s.n != 0 {
		return l.Count(s.text, s.n)
	}
	return l.Text(s.text)
}

// sentenceOf returns the text for a code; an unknown code is shown as the words that it consists of.
func sentenceOf(code string) sentence {
	if s, ok := sentences[code]; ok {
		return s
	}
	return sentence{text: "That did not work (" + code + ")."}
}

// notices are the messages that a redirect can carry, by the word in ?notice=.
var notices = map[string]string{
	"posted":       "Your crud is posted, and its time is running.",
	"replied":      "Your reply is posted.",
	"moved":        "It has a new end.",
	"everything":   "Everything that you had written is deleted, for everybody.",
	"deleted":      "Deleted, for everybody.",
	"muted":        "Muted. You can undo it here and in the settings.",
	"blocked":      "Blocked. You can undo it here and in the settings.",
	"noted":        "Noted in the log.",
	"silenced":     "Silenced: only who follows or looks for them sees what they write.",
	"unsilenced":   "The silence has ended: what they write is shown to everybody again.",
	"suspended":    "Suspended: they cannot sign in, and what they wrote is hidden.",
	"unsuspended":  "The suspension has ended: they can sign in again, and what they wrote is shown.",
	"case-closed":  "The case is closed. The evidence and the reports are deleted.",
	"confirmed":    "Your address is confirmed. Sign in, and write something.",
	"member":       "You are a member already.",
	"place":        "Saved. Everybody sees it within a second.",
	"revoked":      "The invitation is withdrawn.",
	"welcome":      "Welcome! Say something small for a start: it is gone when its time is up.",
	"session":      "Your session here has ended: it was ended elsewhere, the password was changed, or it was unused for too long. Sign in to go on.",
	"unconfirmed":  "That account is not confirmed yet: enter the code from the mail.",
	"sent":         "If that address has a sign-up to confirm, a new code is on its way.",
	"code":         "If there is an account with that address, a code is on its way to it.",
	"reset":        "Your new password is set, and every session has ended. Sign in with it.",
	"signedout":    "You are signed out.",
	"farewell":     "Your account and everything you wrote are deleted.",
	"saved":        "Saved.",
	"password":     "Your password is changed, and every other session has ended.",
	"ended":        "That session has ended.",
	"conversation": "Deleted, for both.",
	"others":       "Every other session has ended.",
}
