package web

import (
	"net/http"

	"cruddur"
	"cruddur/internal/identity"
)

// route is one line of the table: who may use it, how often, and what shows the form again when the handler fails.
type route struct {
	method, pattern string
	who             access
	limit           limit // required for every route that writes
	form            func(*http.Request, *entry) (view, error)
	handle          func(http.ResponseWriter, *http.Request) error
}

// access is the rule that says who may use a route. Ownership is checked once more in the SQL statement that writes:
// it names the owner.
type access int

const (
	everybody access = iota
	anything         // everybody; not a page, so nobody is identified and it does not count as one
	stranger         // signed-in members are sent to the home page
	member
	owner     // a member, and the store changes nothing but their own
	moderator // a member with that role, or an operator; to others, strangers too, there is no such page
	operator  // a member with that role; to others there is no such page
	keyHolder // anybody with the key that the server printed, while no mail server is configured
)

// routes is every address of the site except static files.
func (s *site) routes() []route {
	return []route{
		{"GET", "/{$}", everybody, nil, nil, s.getHome},
		{"GET", "/live", everybody, limitStreams, nil, s.getLive},
		{"GET", "/compose", member, nil, nil, s.getCompose},
		{"POST", "/compose", member, limitPosts, s.composeForm, s.postActivity},
		{"GET", "/notifications", member, nil, nil, s.getNotifications},
		{"POST", "/pictures", member, limitWrites, nil, s.postPicture},
		{"GET", "/pictures/{uuid}/{file}", anything, limitPictures, nil, s.getPicture},
		{"GET", "/search", everybody, nil, nil, s.getSearch},
		{"GET", "/tags/{tag}", everybody, nil, nil, s.getTag},
		{"GET", "/tags/{tag}/feed.atom", everybody, nil, nil, s.getTagFeed},

		{"GET", "/{at}", everybody, nil, nil, s.getProfile},
		{"GET", "/{at}/feed.atom", everybody, nil, nil, s.getProfileFeed},
		{"GET", "/{at}/replies", everybody, nil, nil, s.getReplies},
		{"GET", "/{at}/likes", everybody, nil, nil, s.getLikes},
		{"GET", "/{at}/followers", everybody, nil, nil, s.getFollowers},
		{"GET", "/{at}/following", everybody, nil, nil, s.getFollowing},
		{"POST", "/{at}/follow", member, limitFollows, nil, s.postFollow(true)},
		{"POST", "/{at}/unfollow", member, limitFollows, nil, s.postFollow(false)},
		{"GET", "/{at}/mute", member, nil, nil, s.getForm(s.muteForm)},
		{"POST", "/{at}/mute", member, limitWrites, s.muteForm, s.postMute},
		{"POST", "/{at}/unmute", member, limitWrites, nil, s.postUnmute},
		{"GET", "/{at}/block", member, nil, nil, s.getForm(s.blockForm)},
		{"POST", "/{at}/block", member, limitWrites, s.blockForm, s.postBlock},
		{"POST", "/{at}/unblock", member, limitWrites, nil, s.postUnblock},

		{"GET", "/{at}/report", member, nil, nil, s.getForm(s.reportForm(s.memberToReport))},
		{"POST", "/{at}/report", member, limitReports, s.reportForm(s.memberToReport), s.postReport(s.memberToReport)},
		{"GET", "/reported", member, nil, nil, s.getReported},

		{"GET", "/{at}/status/{uuid}", everybody, nil, nil, s.getActivity},
		{"GET", "/{at}/status/{uuid}/likes", everybody, nil, nil, s.getLikers},
		{"GET", "/{at}/status/{uuid}/reposts", everybody, nil, nil, s.getReposters},
		{"GET", "/{at}/status/{uuid}/reply", member, nil, nil, s.getForm(s.replyForm)},
		{"POST", "/{at}/status/{uuid}/reply", member, limitPosts, s.replyForm, s.postReply},
		{"POST", "/{at}/status/{uuid}/like", member, limitLikes, nil, s.postLike(true)},
		{"POST", "/{at}/status/{uuid}/unlike", member, limitLikes, nil, s.postLike(false)},
		{"POST", "/{at}/status/{uuid}/repost", member, limitLikes, nil, s.postRepost(true)},
		{"POST", "/{at}/status/{uuid}/unrepost", member, limitLikes, nil, s.postRepost(false)},
		{"GET", "/{at}/status/{uuid}/end", owner, nil, nil, s.getForm(s.endForm)},
		{"POST", "/{at}/status/{uuid}/end", owner, limitWrites, s.endForm, s.postEnd},
		{"GET", "/{at}/status/{uuid}/report", member, nil, nil, s.getForm(s.reportForm(s.crudToReport))},
		{"POST", "/{at}/status/{uuid}/report", member, limitReports, s.reportForm(s.crudToReport), s.postReport(s.crudToReport)},
		{"GET", "/{at}/status/{uuid}/delete", owner, nil, nil, s.getDelete},
		{"POST", "/{at}/status/{uuid}/delete", owner, limitWrites, nil, s.postDelete},

		{"GET", "/messages", member, nil, nil, s.getConversations},
		{"GET", "/messages/new", member, nil, s.newMessageForm, s.getNewMessage},
		{"POST", "/messages/new", member, limitTalks, s.newMessageForm, s.postNewMessage},
		{"GET", "/messages/{at}", owner, nil, nil, s.getConversation},
		{"POST", "/messages/{at}", owner, limitMessages, s.privateForm, s.postMessage},
		{"POST", "/messages/{at}/timer", owner, limitTalks, nil, s.postConversation(s.setTimer)},
		{"POST", "/messages/{at}/accept", owner, limitTalks, nil, s.postConversation(s.accept)},
		{"POST", "/messages/{at}/decline", owner, limitTalks, nil, s.postConversation(s.decline)},
		{"GET", "/messages/{at}/delete", owner, nil, nil, s.getDeleteConversation},
		{"POST", "/messages/{at}/delete", owner, limitTalks, nil, s.postConversation(s.deleteConversation)},
		{"POST", "/messages/{at}/delete/{uuid}", owner, limitTalks, nil, s.postConversation(s.deleteMessage)},
		{"GET", "/messages/{at}/report/{uuid}", member, nil, nil, s.getForm(s.reportForm(s.messageToReport))},
		{"POST", "/messages/{at}/report/{uuid}", member, limitReports, s.reportForm(s.messageToReport), s.postReport(s.messageToReport)},

		{"GET", "/moderation", moderator, nil, nil, s.getCases},
		{"GET", "/moderation/log", moderator, nil, nil, s.getLog},
		{"GET", "/moderation/members", moderator, nil, nil, s.getModerated},
		{"GET", "/moderation/members/{at}", moderator, nil, nil, s.getForm(s.moderatedForm)},
		{"POST", "/moderation/members/{at}/note", moderator, limitWrites, s.moderatedForm, s.postOnMember(s.noteOn, "noted")},
		{"POST", "/moderation/members/{at}/silence", moderator, limitWrites, s.moderatedForm, s.postOnMember(s.silence, "silenced")},
		{"POST", "/moderation/members/{at}/unsilence", moderator, limitWrites, s.moderatedForm, s.postOnMember(s.unsilence, "unsilenced")},
		{"POST", "/moderation/members/{at}/suspend", moderator, limitWrites, s.moderatedForm, s.postOnMember(s.suspend, "suspended")},
		{"POST", "/moderation/members/{at}/unsuspend", moderator, limitWrites, s.moderatedForm, s.postOnMember(s.unsuspend, "unsuspended")},
		{"GET", "/moderation/cases/{uuid}", moderator, nil, nil, s.getForm(s.caseForm)},
		{"GET", "/moderation/cases/{uuid}/pictures/{file}", moderator, nil, nil, s.getCasePicture},
		{"POST", "/moderation/cases/{uuid}/note", moderator, limitWrites, s.caseForm, s.postOnCase(s.noteOn, "noted")},
		{"POST", "/moderation/cases/{uuid}/silence", moderator, limitWrites, s.caseForm, s.postOnCase(s.silence, "silenced")},
		{"POST", "/moderation/cases/{uuid}/unsilence", moderator, limitWrites, s.caseForm, s.postOnCase(s.unsilence, "unsilenced")},
		{"POST", "/moderation/cases/{uuid}/suspend", moderator, limitWrites, s.caseForm, s.postOnCase(s.suspend, "suspended")},
		{"POST", "/moderation/cases/{uuid}/unsuspend", moderator, limitWrites, s.caseForm, s.postOnCase(s.unsuspend, "unsuspended")},
		{"POST", "/moderation/cases/{uuid}/delete", moderator, limitWrites, s.caseForm, s.postDeleteReported},
		{"POST", "/moderation/cases/{uuid}/close", moderator, limitWrites, s.caseForm, s.postCloseCase},

		{"GET", "/signup", stranger, nil, nil, s.getForm(s.signUpForm)},
		{"POST", "/signup", stranger, account(identity.ActionSignUp), s.signUpForm, s.postSignUp},
		{"GET", "/invite/{token}", everybody, nil, nil, s.getInvitation},
		{"GET", "/signup/handle", stranger, limitHandles, nil, s.getHandleFree},
		{"GET", "/confirm", stranger, nil, nil, s.getForm(s.confirmForm)},
		{"POST", "/confirm", stranger, account(identity.ActionConfirm), s.confirmForm, s.postConfirm},
		{"POST", "/confirm/resend", stranger, account(identity.ActionResend), s.resendForm, s.postResend},
		{"GET", "/confirm/resend", stranger, nil, nil, s.getForm(s.resendForm)},
		{"GET", "/signin", stranger, nil, nil, s.getForm(s.signInForm)},
		{"POST", "/signin", stranger, account(identity.ActionSignIn), s.signInForm, s.postSignIn},
		{"GET", "/forgot", stranger, nil, nil, s.getForm(s.forgotForm)},
		{"POST", "/forgot", stranger, account(identity.ActionForgot), s.forgotForm, s.postForgot},
		{"GET", "/reset", stranger, nil, nil, s.getForm(s.resetForm)},
		{"POST", "/reset", stranger, account(identity.ActionReset), s.resetForm, s.postReset},
		{"POST", "/signout", everybody, account(identity.ActionSignOut), nil, s.postSignOut},

		{"GET", "/me", member, nil, nil, s.getMe},
		{"GET", "/settings", member, nil, nil, s.getForm(s.settingsForm)},
		{"POST", "/settings/profile", owner, limitWrites, s.settingsForm, s.postProfile},
		{"POST", "/settings/avatar", owner, limitWrites, s.settingsForm, s.postFace(cruddur.Avatar)},
		{"POST", "/settings/banner", owner, limitWrites, s.settingsForm, s.postFace(cruddur.Banner)},
		{"POST", "/settings/password", owner, account(identity.ActionChangePassword), s.settingsForm, s.postPassword},
		{"POST", "/settings/sessions/end", owner, limitWrites, s.settingsForm, s.postEndSession},
		{"POST", "/settings/sessions/end-others", owner, limitWrites, s.settingsForm, s.postEndOthers},
		{"GET", "/settings/export.zip", owner, limitExports, nil, s.getExport},
		{"GET", "/settings/muted", owner, nil, nil, s.getMuted},
		{"GET", "/settings/blocked", owner, nil, nil, s.getBlocked},
		{"GET", "/settings/expire", owner, nil, nil, s.getForm(s.everythingForm)},
		{"POST", "/settings/expire", owner, limitWrites, s.everythingForm, s.postEverything},
		{"GET", "/settings/delete", owner, nil, nil, s.getForm(s.deleteAccountForm)},
		{"POST", "/settings/delete", owner, account(identity.ActionDelete), s.deleteAccountForm, s.postDeleteAccount},
		{"POST", "/theme", everybody, limitWrites, nil, s.postTheme},
		{"POST", "/language", everybody, limitWrites, nil, s.postLanguage},

		{"GET", "/about", everybody, nil, nil, s.getAbout},
		{"GET", "/terms", everybody, nil, nil, s.getText("terms", "Terms")},
		{"GET", "/privacy", everybody, nil, nil, s.getText("privacy", "Privacy")},
		{"GET", "/admin", operator, nil, nil, s.getAdmin},
		{"GET", "/admin/place", operator, nil, nil, s.getForm(s.adminPlaceForm)},
		{"POST", "/admin/place", operator, limitWrites, s.adminPlaceForm, s.postAdminPlace},
		{"GET", "/admin/invitations", operator, nil, nil, s.getForm(s.invitationsForm)},
		{"POST", "/admin/invitations", operator, limitWrites, s.invitationsForm, s.postInvitation},
		{"POST", "/admin/invitations/revoke", operator, limitWrites, s.invitationsForm, s.postRevoke},
		{"GET", "/icon.svg", anything, limitFiles, nil, s.getIcon},
		{"GET", "/sw.js", anything, limitWorker, nil, s.getWorker},
		{"GET", "/offline", anything, limitFiles, nil, s.getOffline},
		{"GET", "/icon.png", anything, limitFiles, nil, s.getAppIcon},
		{"GET", "/manifest.webmanifest", anything, limitFiles, nil, s.getManifest},
		{"GET", "/robots.txt", anything, limitFiles, nil, s.getRobots},
		{"GET", "/dev/mailbox", keyHolder, nil, nil, s.getMailbox},
	}
}
