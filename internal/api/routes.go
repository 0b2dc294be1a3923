package api

// table lists the routes of the API. openapi.yaml lists them too; a test compares the two.
func (a *api) table() []route {
	return []route{
		{"GET", "/api/health-check", (*call).getHealthCheck},
		{"GET", "/api/openapi.yaml", (*call).getOpenAPI},
		{"GET", "/api/docs", (*call).getDocs},
		{"GET", "/.well-known/jwks.json", (*call).getJWKS},

		{"GET", "/api/activities/home", (*call).getHome},
		{"POST", "/api/activities", (*call).postActivity},
		{"GET", "/api/activities/{uuid}", (*call).getActivity},
		{"DELETE", "/api/activities/{uuid}", (*call).deleteActivity},
		{"GET", "/api/activities/@{handle}", (*call).getMember},
		{"GET", "/api/activities/@{handle}/status/{uuid}", (*call).getStatus},

		{"GET", "/api/users/@{handle}/short", (*call).getShort},
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
