package mail

import (
	"strings"
	"time"

	"cruddur/internal/lang"
)

// The messages have no link that changes anything: people type the code in the page that asked for it, so a forged
// mail, or a scanner that follows links, cannot act for anybody.

// groups formats a code as two groups of three digits, which are easier to read; people may type it with or without
// the space.
func groups(code string) string {
	if len(code) == 6 {
		return code[:3] + " " + code[3:]
	}
	return code
}

// letter joins paragraphs, folded for mail programs, and the signature.
func letter(l *lang.Language, paragraphs ...string) string {
	var b strings.Builder
	for _, p := range paragraphs {
		b.WriteString(fold(p))
		b.WriteString("\n\n")
	}
	return b.String() + "-- \n" + fold(l.Text("This mail was sent automatically; replies are not read.")) + "\n"
}

// width is the most characters of a line of a letter.
const width = 78

// fold breaks the lines of a paragraph between words. A line that begins with a space stays as it is.
func fold(paragraph string) string {
	var b strings.Builder
	for i, line := range strings.Split(paragraph, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		if strings.HasPrefix(line, " ") {
			b.WriteString(line)
			continue
		}
		at := 0
		for j, word := range strings.Split(line, " ") {
			n := len([]rune(word))
			switch {
			case j == 0:
			case at+1+n > width:
				b.WriteByte('\n')
				at = 0
			default:
				b.WriteByte(' ')
				at++
			}
			b.WriteString(word)
			at += n
		}
	}
	return b.String()
}

// SignUpCode returns the message with the code of one sign-up. It names the handle, so that the owner of the address
// can tell their own attempt from a stranger's.
func SignUpCode(l *lang.Language, to, handle, code, site string, life time.Duration, now time.Time) Message {
	return Message{
		To: to, Kind: "a sign-up's code", At: now,
		Subject: l.Text("{code} is your Cruddur code", "code", groups(code)),
		Text: letter(l,
			l.Text("Welcome to Cruddur at")+"\n"+site,
			l.Text("The code that confirms the sign-up of @{handle}:", "handle", handle),
			"    "+groups(code),
			l.Count("It is valid for {n} minutes, and for this sign-up only. If @{handle} is not the handle that you chose, or you did not sign up at all, do not use it: without the code nothing happens.", int(life.Minutes()), "handle", handle)),
	}
}

// AlreadyMember returns the message to the owner of an address with which somebody tried to sign up again.
func AlreadyMember(l *lang.Language, to, site string, now time.Time) Message {
	return Message{
		To: to, Kind: "a second sign-up", At: now,
		Subject: l.Text("You already have a Cruddur account"),
		Text: letter(l,
			l.Text("Somebody has just tried to sign up with this address at")+"\n"+site,
			l.Text("If it was you: you already have an account. Sign in, or ask for a new password there if you do not remember yours."),
			l.Text("If it was not you: nothing was changed, and nobody was told that you are a member.")),
	}
}

// RecoveryCode returns the message with the code for a new password.
func RecoveryCode(l *lang.Language, to, code, site string, life time.Duration, now time.Time) Message {
	return Message{
		To: to, Kind: "a code for a new password", At: now,
		Subject: l.Text("{code} is your code for a new Cruddur password", "code", groups(code)),
		Text: letter(l,
			l.Text("Somebody has asked for a new password for your account at")+"\n"+site,
			l.Text("The code that sets it:"),
			"    "+groups(code),
			l.Count("It is valid for {n} minutes. If it was not you, do nothing, and give the code to nobody: your password stays unchanged.", int(life.Minutes()))),
	}
}

// PasswordChanged returns the message that a password was changed or reset.
func PasswordChanged(l *lang.Language, to, site string, now time.Time) Message {
	return Message{
		To: to, Kind: "a changed password", At: now,
		Subject: l.Text("Your Cruddur password was changed"),
		Text: letter(l,
			l.Text("The password of your account was changed on {time}, at", "time", l.Date(now))+"\n"+site,
			l.Text("If it was you, you need not do anything. If it was not, choose a new password now, under “Forgotten it?” where you sign in. That signs out everybody who uses your account.")),
	}
}

// Trial returns the message with which an operator tries the mail server.
func Trial(l *lang.Language, to, site string, now time.Time) Message {
	return Message{
		To: to, Kind: "a trial", At: now,
		Subject: l.Text("Mail from Cruddur arrives"),
		Text: letter(l,
			l.Text("The operator has sent this mail to try the mail server of")+"\n"+site,
			l.Text("If you can read it, mail from there arrives at this address. Nothing else is needed.")),
	}
}
