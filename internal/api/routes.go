package api

// table lists the routes of the API. openapi.yaml lists them too; a test compares the two.
func (a *api) table() []route {
	return []route{
		{"GET", "/api/health-check", (*call).getHealthCheck},
		{"GET", "/api/openapi.yaml", (*call).getOpenAPI},
		{"GET", "/api/docs", (*call).getDocs},
		{"GET", "/.well-known/jwks.json", (*call).getJWKS},

		{"GET", "/api/activities/home", (*call).getHome},
		{"GET", "/api/activities/following", (*call).getFollowingFeed},
		{"GET", "/api/activities/search", (*call).getSearch},
		{"GET", "/api/activities/tags/{tag}", (*call).getTag},
		{"GET", "/api/trends", (*call).getTrends},
		{"POST", "/api/activities", (*call).postActivity},
		{"GET", "/api/activities/{uuid}", (*call).getActivity},
		{"DELETE", "/api/activities/{uuid}", (*call).deleteActivity},
		{"PUT", "/api/activities/{uuid}/end", (*call).putEnd},
		{"POST", "/api/activities/{uuid}/reply", (*call).postReply},
		{"PUT", "/api/activities/{uuid}/like", (*call).putLike},
		{"DELETE", "/api/activities/{uuid}/like", (*call).deleteLike},
		{"GET", "/api/activities/{uuid}/likes", (*call).getLikes},
		{"PUT", "/api/activities/{uuid}/repost", (*call).putRepost},
		{"DELETE", "/api/activities/{uuid}/repost", (*call).deleteRepost},
		{"GET", "/api/activities/{uuid}/reposts", (*call).getReposts},

		{"GET", "/api/activities/@{handle}", (*call).getMember},
		{"GET", "/api/activities/@{handle}/replies", (*call).getReplies},
		{"GET", "/api/activities/@{handle}/likes", (*call).getLiked},
		{"GET", "/api/activities/@{handle}/status/{uuid}", (*call).getStatus},

		{"GET", "/api/users/suggested", (*call).getSuggested},
		{"GET", "/api/users/@{handle}/short", (*call).getShort},
		{"PUT", "/api/users/@{handle}/follow", (*call).putFollow},
		{"DELETE", "/api/users/@{handle}/follow", (*call).deleteFollow},
		{"GET", "/api/users/@{handle}/followers", (*call).getFollowers},
		{"GET", "/api/users/@{handle}/following", (*call).getFollowing},
		{"POST", "/api/profile/update", (*call).updateProfile},
		{"PUT", "/api/profile/update", (*call).updateProfile},
		{"GET", "/api/me", (*call).getMe},
		{"DELETE", "/api/me", (*call).deleteMe},
		{"GET", "/api/me/export", (*call).getExport},

		{"POST", "/api/auth/signup", (*call).postSignUp},
		{"POST", "/api/auth/confirm", (*call).postConfirm},
		{"POST", "/api/auth/resend", (*call).postResend},
		{"POST", "/api/auth/signin", (*call).postSignIn},
		{"POST", "/api/auth/refresh", (*call).postRefresh},
		{"POST", "/api/auth/signout", (*call).postSignOut},
		{"POST", "/api/auth/forgot", (*call).postForgot},
		{"POST", "/api/auth/reset", (*call).postReset},
	}
}
