package mail

import (
	"fmt"
	"time"
)

// The messages hold no link that does anything: a code is typed where it was asked for, so a mail that
// is forged or read by a scanner cannot act for anybody.

const signature = "\n-- \nThis mail was written by a machine; nobody reads answers to it.\n"

// groups prints a code as two groups of three, which are easier to read; both ways can be typed.
func groups(code string) string {
	if len(code) == 6 {
		return code[:3] + " " + code[3:]
	}
	return code
}

// SignUpCode carries the code of one attempt to sign up. It names the handle, so that the owner of the
// address can tell their own attempt from a stranger's.
func SignUpCode(to, handle, code, site string, life time.Duration, now time.Time) Message {
	return Message{To: to, Kind: "a sign-up's code", Subject: groups(code) + " is your Cruddur code", At: now, Text: fmt.Sprintf(`Welcome to Cruddur at
%s

The code that finishes the sign-up of @%s:

    %s

It is good for %d minutes, and for this sign-up only. If @%s is not the
handle that you have chosen, or you have not signed up at all, do not use it:
without the code nothing happens.
%s`, site, handle, groups(code), int(life.Minutes()), handle, signature)}
}

// AlreadyMember goes to the owner of an address with which somebody has tried to sign up again.
func AlreadyMember(to, site string, now time.Time) Message {
	return Message{To: to, Kind: "a second sign-up", Subject: "You already have a Cruddur account", At: now, Text: fmt.Sprintf(`Somebody has just tried to sign up with this address at
%s

If it was you: you have an account already. Sign in, or ask for a new password
there if you do not remember yours.

If it was not you: nothing has happened, and nobody was told that you are a
member.
%s`, site, signature)}
}

// RecoveryCode carries the code for a new password.
func RecoveryCode(to, code, site string, life time.Duration, now time.Time) Message {
	return Message{To: to, Kind: "a code for a new password", Subject: groups(code) + " is your code for a new Cruddur password", At: now, Text: fmt.Sprintf(`Somebody has asked for a new password for your account at
%s

The code that sets it:

    %s

It is good for %d minutes. If it was not you, do nothing, and give the code to
nobody: your password stays as it is.
%s`, site, groups(code), int(life.Minutes()), signature)}
}

// PasswordChanged tells that a password was changed or reset.
func PasswordChanged(to, site string, now time.Time) Message {
	when := now.UTC().Format("2 January 2006 at 15:04") + " UTC"
	return Message{To: to, Kind: "a changed password", Subject: "Your Cruddur password was changed", At: now, Text: fmt.Sprintf(`The password of your account at
%s
was changed on %s.

If it was you, all is well. If it was not, choose a new password now, under
"Forgotten it?" where you sign in. That signs out everybody who uses your
account.
%s`, site, when, signature)}
}
