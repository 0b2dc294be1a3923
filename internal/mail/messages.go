package mail

import (
	"fmt"
	"time"
)

// The messages have no link that changes anything: people type the code in the page that asked for it, so a forged
// mail, or a scanner that follows links, cannot act for anybody.

const signature = "\n-- \nThis mail was sent automatically; replies are not read.\n"

// groups formats a code as two groups of three digits, which are easier to read; people may type it with or without
// the space.
func groups(code string) string {
	if len(code) == 6 {
		return code[:3] + " " + code[3:]
	}
	return code
}

// SignUpCode returns the message with the code of one sign-up. It names the handle, so that the owner of the address
// can tell their own attempt from a stranger's.
func SignUpCode(to, handle, code, site string, life time.Duration, now time.Time) Message {
	return Message{To: to, Kind: "a sign-up's code", Subject: groups(code) + " is your Cruddur code", At: now, Text: fmt.Sprintf(`Welcome to Cruddur at
%s

The code that confirms the sign-up of @%s:

    %s

It is valid for %d minutes, and for this sign-up only. If @%s is not the
handle that you chose, or you did not sign up at all, do not use it:
without the code nothing happens.
%s`, site, handle, groups(code), int(life.Minutes()), handle, signature)}
}

// AlreadyMember returns the message to the owner of an address with which somebody tried to sign up again.
func AlreadyMember(to, site string, now time.Time) Message {
	return Message{To: to, Kind: "a second sign-up", Subject: "You already have a Cruddur account", At: now, Text: fmt.Sprintf(`Somebody has just tried to sign up with this address at
%s

If it was you: you already have an account. Sign in, or ask for a new password
there if you do not remember yours.

If it was not you: nothing was changed, and nobody was told that you are a
member.
%s`, site, signature)}
}

// RecoveryCode returns the message with the code for a new password.
func RecoveryCode(to, code, site string, life time.Duration, now time.Time) Message {
	return Message{To: to, Kind: "a code for a new password", Subject: groups(code) + " is your code for a new Cruddur password", At: now, Text: fmt.Sprintf(`Somebody has asked for a new password for your account at
%s

The code that sets it:

    %s

It is valid for %d minutes. If it was not you, do nothing, and give the code to
nobody: your password stays unchanged.
%s`, site, groups(code), int(life.Minutes()), signature)}
}

// PasswordChanged returns the message that a password was changed or reset.
func PasswordChanged(to, site string, now time.Time) Message {
	when := now.UTC().Format("2 January 2006 at 15:04") + " UTC"
	return Message{To: to, Kind: "a changed password", Subject: "Your Cruddur password was changed", At: now, Text: fmt.Sprintf(`The password of your account at
%s
was changed on %s.

If it was you, you need not do anything. If it was not, choose a new password
now, under "Forgotten it?" where you sign in. That signs out everybody who uses
your account.
%s`, site, when, signature)}
}
