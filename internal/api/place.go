package api

import (
	"slices"
	"strconv"
	"strings"

	"cruddur"
	"cruddur/internal/place"
)

// openRoutes are the routes that whoever is not signed in may use in a place that only members read: what a program
// needs to sign up and in, and what tells it how. Tickets and refresh tokens prove by themselves who comes.
var openRoutes = []string{
	"/api/health-check", "/api/openapi.yaml", "/api/docs", "/api/place", "/.well-known/jwks.json", "/avatars/upload",
}

// open reports whether a path is one of openRoutes.
func open(pattern string) bool {
	return slices.Contains(openRoutes, pattern) || strings.HasPrefix(pattern, "/api/auth/")
}

// place returns what the host says about the place.
func (c *call) place() (cruddur.Place, error) {
	if c.Place == nil {
		return cruddur.DefaultPlace(), nil
	}
	return c.Place.Get(c.r.Context(), c.now)
}

// admit refuses whoever is not a member in a place that only members read.
func (c *call) admit(pattern string) error {
	if open(pattern) {
		return nil
	}
	p, err := c.place()
	if err != nil || p.Reading != cruddur.ReadingMembers {
		return err
	}
	_, err = c.viewer()
	return err
}

func (c *call) getPlace() error {
	p, err := c.place()
	if err != nil {
		return err
	}
	return c.answer(func(b []byte) []byte { return appendPlace(b, &p) })
}

// appendPlace appends what the host says about the place, and the limits that hold everywhere.
func appendPlace(b []byte, p *cruddur.Place) []byte {
	b = appendString(append(b, `{"name":`...), p.Name)
	b = appendString(append(b, `,"line":`...), p.Line)
	b = appendString(append(b, `,"rules":`...), p.Rules)
	b = appendString(append(b, `,"contact":`...), p.Contact)
	b = append(b, `,"colour":`...)
	if p.Colour == "" {
		b = append(b, "null"...)
	} else {
		b = appendString(b, p.Colour)
	}
	b = appendString(append(b, `,"sign_up":`...), string(p.SignUp))
	b = append(b, `,"domains":[`...)
	if p.SignUp == cruddur.SignUpDomain {
		for i, d := range p.Domains {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendString(b, place.Written(d))
		}
	}
	b = appendString(append(b, `],"reading":`...), string(p.Reading))
	b = append(b, `,"ttl":[`...)
	for i, l := range cruddur.Presets {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, string(l.TTL))
	}
	b = strconv.AppendInt(append(b, `],"max_message":`...), cruddur.MaxMessage, 10)
	b = strconv.AppendInt(append(b, `,"max_reply":`...), cruddur.MaxReply, 10)
	b = strconv.AppendInt(append(b, `,"max_pictures":`...), cruddur.MaxPictures, 10)
	return append(b, '}')
}
