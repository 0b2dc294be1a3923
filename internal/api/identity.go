package api

import (
	"strconv"
	"time"

	"cruddur"
	"cruddur/internal/identity"
)

// credentials holds the fields of all calls under /api/auth; each call reads only its own.
type credentials struct {
	Name         *string `json:"name"`
	Email        *string `json:"email"`
	Handle       *string `json:"handle"`
	Password     *string `json:"password"`
	Code         *string `json:"code"`
	RefreshToken *string `json:"refresh_token"`
	Everywhere   *bool   `json:"everywhere"`
	Invitation   *string `json:"invitation"`
}

// credentials reads the body, if an identity provider is configured.
func (c *call) credentials() (in credentials, err error) {
	if c.Identity == nil {
		return in, cruddur.NewError(cruddur.KindUnavailable)
	}
	err = c.read(&in)
	return in, err
}

// allow counts a use of an action against the limit that pages and API share.
func (c *call) allow(a identity.Action, who identity.Who) error {
	return identity.Allow(c.r.Context(), c.Limits, a, who, c.now)
}

// allowed reads the body and counts the use, by the e-mail address in it.
func (c *call) allowed(a identity.Action) (in credentials, err error) {
	if in, err = c.credentials(); err == nil {
		err = c.allow(a, identity.Who{Email: text(in.Email)})
	}
	return in, err
}

func (c *call) postSignUp() error {
	in, err := c.allowed(identity.ActionSignUp)
	if err != nil {
		return err
	}
	err = c.Identity.SignUp(c.r.Context(), identity.SignUp{
		Name: text(in.Name), Email: text(in.Email), Handle: text(in.Handle), Password: text(in.Password), Invitation: text(in.Invitation),
	}, c.now)
	if err != nil {
		return err
	}
	return c.answerNothing()
}

func (c *call) postConfirm() error {
	return c.quietly(identity.ActionConfirm, func(in credentials) error {
		return c.Identity.Confirm(c.r.Context(), text(in.Email), text(in.Code), c.now)
	})
}

func (c *call) postResend() error {
	return c.quietly(identity.ActionResend, func(in credentials) error {
		return c.Identity.Resend(c.r.Context(), text(in.Email), c.now)
	})
}

func (c *call) postForgot() error {
	return c.quietly(identity.ActionForgot, func(in credentials) error {
		return c.Identity.Forgot(c.r.Context(), text(in.Email), c.now)
	})
}

func (c *call) postReset() error {
	return c.quietly(identity.ActionReset, func(in credentials) error {
		return c.Identity.Reset(c.r.Context(), text(in.Email), text(in.Code), text(in.Password), c.now)
	})
}

// quietly runs an action that sends or takes a code, and answers with an empty object.
func (c *call) quietly(a identity.Action, do func(credentials) error) error {
	in, err := c.allowed(a)
	if err != nil {
		return err
	}
	if err := do(in); err != nil {
		return err
	}
	return c.answerNothing()
}

func (c *call) postSignIn() error {
	in, err := c.allowed(identity.ActionSignIn)
	if err != nil {
		return err
	}
	t, err := c.Identity.SignIn(c.r.Context(), text(in.Email), text(in.Password), c.now)
	if err != nil {
		return err
	}
	return c.answerTokens(t)
}

func (c *call) postRefresh() error {
	in, err := c.allowed(identity.ActionRefresh)
	if err != nil {
		return err
	}
	t, err := c.Identity.Refresh(c.r.Context(), text(in.RefreshToken), c.now)
	if err != nil {
		return err
	}
	return c.answerTokens(t)
}

func (c *call) answerTokens(t identity.Tokens) error {
	return c.answerPrivate(func(b []byte) []byte {
		b = appendString(append(b, `{"access_token":`...), t.Access)
		b = appendString(append(b, `,"refresh_token":`...), t.Refresh)
		b = append(b, `,"token_type":"Bearer","expires_in":`...)
		return append(strconv.AppendInt(b, int64(t.ExpiresIn/time.Second), 10), '}')
	})
}

// postSignOut ends one sign-in by its refresh token, or all of them by a valid access token.
func (c *call) postSignOut() error {
	in, err := c.allowed(identity.ActionSignOut)
	if err != nil {
		return err
	}
	switch {
	case in.Everywhere != nil && *in.Everywhere:
		var u cruddur.User
		if u, err = c.viewer(); err != nil {
			return err
		}
		if err = c.Identity.SignOutEverywhere(c.r.Context(), c.subject, c.now); err == nil {
			_, err = c.Store.EndSessions(c.r.Context(), u.UUID, cruddur.UUID{}) // the browser sessions too
		}
	case text(in.RefreshToken) == "":
		err = cruddur.Invalid("refresh_token", "refresh_token_blank")
	default:
		err = c.Identity.SignOut(c.r.Context(), text(in.RefreshToken), c.now)
	}
	if err != nil {
		return err
	}
	return c.answerNothing()
}

func (c *call) getJWKS() error {
	if c.Identity == nil {
		return cruddur.NewError(cruddur.KindUnavailable)
	}
	keys, err := c.Identity.JWKS(c.r.Context())
	if err != nil {
		return err
	}
	c.w.Header().Set("Cache-Control", "public, max-age=300")
	c.write(200, keys)
	return nil
}
