package web

import (
	"encoding/json"
	"net/http"

	"cruddur"
)

// markAnswer is what the script of a card learns after a like or a repost.
type markAnswer struct {
	Liked    bool  `json:"liked"`
	Likes    int32 `json:"likes"`
	Reposted bool  `json:"reposted"`
	Reposts  int32 `json:"reposts"`
}

func (s *site) postLike(on bool) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		a, err := s.activityAt(r)
		if err != nil {
			return err
		}
		v := visitOf(r)
		if a, err = s.Store.Like(r.Context(), v.viewer.UUID, a.UUID, on, v.now); err != nil {
			return err
		}
		return s.marked(w, r, a)
	}
}

func (s *site) postRepost(on bool) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		a, err := s.activityAt(r)
		if err != nil {
			return err
		}
		v := visitOf(r)
		if a, err = s.Store.Repost(r.Context(), v.viewer.UUID, a.UUID, on, v.now); err != nil {
			return err
		}
		return s.marked(w, r, a)
	}
}

// marked answers a like or a repost: a script with numbers, a form with the way back to the crud.
func (s *site) marked(w http.ResponseWriter, r *http.Request, a cruddur.Activity) error {
	if asksJSON(r) {
		return answerJSON(w, markAnswer{a.Liked, a.LikesCount, a.Reposted, a.RepostsCount})
	}
	back := string(crudPath(a.Handle, a.UUID.String()))
	if to := r.PostFormValue("return_to"); to != "" {
		back = s.returnTo(to) + "#crud-" + a.UUID.String()
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}

// asksJSON reports whether a script of a page has sent the request.
func asksJSON(r *http.Request) bool { return r.Header.Get("Accept") == "application/json" }

func answerJSON(w http.ResponseWriter, answer any) error {
	b, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "private, no-store")
	_, err = w.Write(b)
	return err
}

// followAnswer is what the script of a Follow button learns.
type followAnswer struct {
	Following bool  `json:"following"`
	Followers int64 `json:"followers"`
}

func (s *site) postFollow(on bool) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		p, err := s.profileAt(r)
		if err != nil {
			return err
		}
		v := visitOf(r)
		if err := s.Store.Follow(r.Context(), v.viewer.UUID, p.UUID, on, v.now); err != nil {
			return err
		}
		if asksJSON(r) {
			if p, err = s.Store.Profile(r.Context(), p.Handle, v.now); err != nil {
				return err
			}
			return answerJSON(w, followAnswer{on, p.FollowersCount})
		}
		back := string(profilePath(p.Handle))
		if to := r.PostFormValue("return_to"); to != "" {
			back = s.returnTo(to)
		}
		http.Redirect(w, r, back, http.StatusSeeOther)
		return nil
	}
}
