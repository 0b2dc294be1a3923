package web

import (
	"fmt"

	"cruddur"
	"cruddur/internal/identity"
)

// sentence is the text for an error code, and the form field that it belongs to.
type sentence struct {
	text  string
	field string
}

// sentences has one entry for every code of docs/api.md that a page can meet.
var sentences = map[string]sentence{
	"message_blank":                 {"Write something first: it needs at least one character that people can see.", "message"},
	"message_exceed_max_chars":      {atMost(cruddur.MaxMessage), "message"},
	"message_exceed_max_chars_1024": {atMost(cruddur.MaxReply), "message"},
	"request_unanswered":            {fmt.Sprintf("You have sent %d messages. You can write again when they have answered.", cruddur.MaxUnanswered), "message"},
	"user_reciever_handle_blank":    {"Type the handle of the member to whom you want to write.", "to"},
	"message_group_uuid_blank":      {"Say which conversation you mean.", ""},
	"message_uuid_invalid":          {"Say which message you mean.", ""},
	"requests_invalid":              {"Ask for requests with true or false.", ""},
	"member_unreachable":            {"There is nobody of that handle to whom you can write.", "to"},
	"message_invalid_text":          {"It has a character that cannot be stored. Type that part again.", "message"},
	"invalid_text":                  {"It has a character that cannot be stored. Type that part again.", ""},
	"mute_oneself":                  {"Nobody mutes themselves.", ""},
	"block_oneself":                 {"Nobody blocks themselves.", ""},
	"follow_oneself":                {"Nobody follows themselves: what you write is in your feed anyway.", ""},
	"confirm_mismatch":              {"That is not your handle, so nothing was deleted. Type it as it is shown here.", "confirm"},
	"search_term_blank":             {"Type what to search for.", "q"},
	"search_term_too_long":          {atMost(cruddur.MaxSearch), "q"},
	"ttl_blank":                     {"Choose how long it lives.", "ttl"},

	"name_blank":                        {"Type a name. Any name will do, with at least one character that people can see.", "name"},
	"name_exceed_max_chars":             {fmt.Sprintf("A name has at most %d characters.", cruddur.MaxDisplayName), "name"},
	"name_invalid_text":                 {"It has a character that a name cannot have, perhaps an invisible one. Delete the name and type it again.", "name"},
	"display_name_blank":                {"Type a name. Any name will do, with at least one character that people can see.", "display_name"},
	"display_name_exceed_max_chars":     {fmt.Sprintf("A name has at most %d characters.", cruddur.MaxDisplayName), "display_name"},
	"display_name_invalid_text":         {"It has a character that a name cannot have, perhaps an invisible one. Delete the name and type it again.", "display_name"},
	"bio_exceed_max_chars":              {atMost(cruddur.MaxBio), "bio"},
	"bio_invalid_text":                  {"It has a character that is not allowed here, perhaps an invisible one. Delete the text and type it again.", "bio"},
	"handle_blank":                      {"Choose a handle: it is your address here.", "handle"},
	"email_blank":                       {"Type your e-mail address.", "email"},
	"password_blank":                    {"Type a password.", "password"},
	"old_password_blank":                {"Type your current password.", "old_password"},
	"code_blank":                        {"Type the code from the mail.", "code"},
	"idempotency_key_invalid":           {"The form arrived incomplete or damaged. Go back and send it again.", ""},
	"idempotency_key_reused":            {"The form arrived incomplete or damaged. Go back and send it again.", ""},
	"email_invalid":                     {"That does not look like an e-mail address.", "email"},
	"email_taken":                       {"That address cannot be used.", "email"},
	"user_handle_blank":                 {"Choose a handle: it is your address here.", "handle"},
	"blank_user_handle":                 {"Choose a handle: it is your address here.", "handle"},
	"handle_invalid":                    {fmt.Sprintf("A handle has 2 to %d of the letters a to z, digits and _, begins with a letter or digit, and some words are reserved.", cruddur.MaxHandle), "handle"},
	"handle_taken":                      {"Somebody has that handle already. Try another.", "handle"},
	"password_too_short":                {fmt.Sprintf("A password has at least %d characters.", identity.MinPassword), "password"},
	"password_too_long":                 {fmt.Sprintf("A password has at most %d characters.", identity.MaxPassword), "password"},
	"password_too_common":               {"That is one of the passwords that everybody tries first. Choose another.", "password"},
	"password_invalid_text":             {"It has a character that cannot be stored. Choose another.", "password"},
	"password_invalid":                  {"That password cannot be used: it must not begin or end with a space. Choose another.", "password"},
	"password_lacks_uppercase":          {"The password needs a capital letter.", "password"},
	"password_lacks_lowercase":          {"The password needs a small letter.", "password"},
	"password_lacks_number":             {"The password needs a digit.", "password"},
	"password_lacks_symbol":             {"The password needs a character that is neither a letter nor a digit.", "password"},
	"password_used_before":              {"You have used that password before. Choose a new one.", "password"},
	"password_reset_required":           {"Choose a new password first: ask for a code by mail.", ""},
	"second_factor_unsupported":         {"This account needs a second factor, which cannot be entered here.", ""},
	"account_refused":                   {"This account is not allowed to sign in here. Ask the operator of this server.", ""},
	"code_mismatch":                     {"That is not the code, or it has been used. Look at the newest mail.", "code"},
	"code_expired":                      {"That code is too old. Ask for a new one.", "code"},
	"credentials_mismatch":              {"The e-mail address or the password is wrong.", "password"},
	"account_unconfirmed":               {"The address is not confirmed yet: enter the code from the mail.", ""},
	"account_locked":                    {"Too many wrong passwords. Wait a little and try again, or choose a new password by mail.", ""},
	"account_suspended":                 {"This account is suspended. Ask the operator of this server.", ""},
	"cognito_user_id_blank":             {"Sign in first.", ""},
	"activity_uuid_blank":               {"Say which crud you mean.", ""},
	"cross_origin":                      {"Another site has sent this form, so nothing was done.", ""},
	"invalid_json":                      {"That is not JSON.", ""},
	"body_too_large":                    {"The request is too large.", ""},
	"kind_invalid":                      {"Ask for all notifications, or for mentions.", ""},
	"uuid_invalid":                      {"That is none of your notifications.", ""},
	"limit_invalid":                     {fmt.Sprintf("Ask for 1 to %d at a time.", cruddur.MaxPageSize), ""},
	"refresh_token_blank":               {"Sign in again.", ""},
	"connection_url_invalid":            {"The address of the database is wrong.", ""},
	"picture_blank":                     {"Choose a picture first.", "pictures"},
	"picture_format_unknown":            {"That is no picture that can be shown here. Choose a JPEG, PNG, WebP or GIF.", "pictures"},
	"picture_too_large":                 {"That picture is larger than 8 MB.", "pictures"},
	"picture_too_many_pixels":           {"That picture has too many pixels. Make it smaller: 20 megapixels are never too many.", "pictures"},
	"picture_damaged":                   {"That picture is damaged. Choose another.", "pictures"},
	"picture_incomplete":                {"The picture did not arrive whole. Send it again.", "pictures"},
	"picture_used":                      {"Something shows that picture. Delete that instead.", "pictures"},
	"pictures_busy":                     {"Many pictures are arriving right now. Nothing you wrote is lost: try again in a moment.", "pictures"},
	"pictures_invalid":                  {"One of the pictures is not there any more: it was posted already, or is older than an hour. Your text is not lost: choose the picture again.", "pictures"},
	"pictures_exceed_max":               {fmt.Sprintf("A crud has at most %d pictures.", cruddur.MaxPictures), "pictures"},
	"alt_exceed_max_chars":              {fmt.Sprintf("An alternative text has at most %d characters.", cruddur.MaxAlt), "pictures"},
	"alt_invalid_text":                  {"An alternative text has a character that cannot be stored.", "pictures"},
	"form_invalid":                      {"The form arrived incomplete or damaged. Go back and send it again.", ""},
	"form_too_large":                    {"The form is too large.", ""},
	string(cruddur.KindInvalid):         {"Something in the form is wrong.", ""},
	string(cruddur.KindForbidden):       {"That is not yours.", ""},
	string(cruddur.KindNotFound):        {"Gone, or never here.", ""},
	string(cruddur.KindConflict):        {"Something changed in the meantime. Try again.", ""},
	string(cruddur.KindTooMany):         {"Too many requests came in a short time.", ""},
	string(cruddur.KindUnavailable):     {"The database cannot be reached right now. Nothing you wrote is lost: try again in a moment.", ""},
	string(cruddur.KindInternal):        {"That is our fault, not yours. Nothing you wrote is lost: try again in a moment.", ""},
	string(cruddur.KindUnauthenticated): {"You are not signed in any more. Sign in, then send this again.", ""},
}

func atMost(n int) string { return fmt.Sprintf("That is longer than %d characters.", n) }

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
	"confirmed":    "Your address is confirmed. Sign in, and write something.",
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
