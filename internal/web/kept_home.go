package web

import (
	"bytes"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"cruddur"
	"cruddur/internal/filter"
	"cruddur/internal/kept"
)

// The newest page is what most requests ask for. Within a second it differs between viewers by little: the clock, their
// navigation, the form for a new crud, and their own marks on some cards. So the rest is rendered and compressed once, and
// each answer is stitched together from kept pieces. No piece holds two members' own data, and none that members share is
// rendered with a member at hand.

// keptHome holds the pieces of the newest page in one language. All of them are of one list and one second. A list
// that the feed keeps is never changed, so the address of its first crud identifies it, as in the API; the feed gives
// out another list as soon as something in it has ended.
type keptHome struct {
	mu       sync.Mutex
	of       moment
	sketches map[sketchKey]*sketch
	cards    [cruddur.PageSize / groupSize]map[uint32]*kept.Piece // by the marks of the cards
}

// moment is a list in a second.
type moment struct {
	first  *cruddur.Activity
	size   int
	second int64
}

// sketchKey is everything that changes a sketch in one moment.
type sketchKey struct {
	member bool
	theme  string
	place  placeView
	back   string // where the page's forms lead back to
}

// sketch is the page without what is a viewer's own: the places of that are between its parts. A stranger's has two
// parts, with the clock between them; a member's one more for each place.
type sketch struct {
	trends []cruddur.Trend // in the side panel
	parts  []*kept.Piece
}

const (
	// groupSize is the number of cards in a piece. A smaller piece is more often the same for two members, and
	// compresses less.
	groupSize = 5
	// mostMarked is the number of differently marked pieces that are kept of each group. It takes a member who has
	// marked cruds as nobody else has 0.1 ms more to be answered when there are more.
	mostMarked = 64
)

// begin drops what was kept of another moment. The caller holds the lock.
func (k *keptHome) begin(m moment) {
	if k.of != m {
		k.of, k.sketches = m, map[sketchKey]*sketch{}
		for i := range k.cards {
			k.cards[i] = map[uint32]*kept.Piece{}
		}
	}
}

// sketch returns a sketch, made now or by another request, which others wait for.
func (k *keptHome) sketch(m moment, key sketchKey, trends []cruddur.Trend, draw func() ([]*kept.Piece, error)) (*sketch, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.begin(m)
	if x := k.sketches[key]; x != nil && slices.Equal(x.trends, trends) {
		return x, nil
	}
	parts, err := draw()
	if err != nil {
		return nil, err
	}
	x := &sketch{trends, parts}
	k.sketches[key] = x
	return x, nil
}

// group returns the cards of a group with these marks.
func (k *keptHome) group(m moment, place int, marks uint32, draw func() (*kept.Piece, error)) (*kept.Piece, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.begin(m)
	if p := k.cards[place][marks]; p != nil {
		return p, nil
	}
	p, err := draw()
	if err == nil && (len(k.cards[place]) < mostMarked || marks == 0) {
		k.cards[place][marks] = p
	}
	return p, err
}

// answerKept answers the newest page from kept pieces. done is false if the page is of another kind.
func (s *site) answerKept(w http.ResponseWriter, r *http.Request, view *homeView, list []cruddur.Activity) (done bool, err error) {
	v := visitOf(r)
	if len(s.kept) == 0 || !shareable(list, v) || filter.Of(r.Context()) != nil {
		return false, nil
	}
	if v.viewer != nil {
		if view.Return = here(r); view.Return != "/" && view.Return != "/?feed=everyone" {
			return false, nil
		}
	}
	if s.fillOwn(r, &view.page); view.Notice != "" {
		return false, nil
	}
	view.Talk = true
	b, err := s.stitch(r, view, list)
	if err != nil {
		return false, err
	}
	s.pageHeaders(w, r, &view.page)
	kept.Write(w, http.StatusOK, b)
	return true, nil
}

// shareable reports whether a list can be shown from kept pieces: all of it is alive, and no card says more than the crud
// itself.
func shareable(list []cruddur.Activity, v *visit) bool {
	if len(list) == 0 || len(list) > cruddur.PageSize {
		return false
	}
	for i := range list {
		if a := &list[i]; !a.Visible(v.now) || !a.ReplyTo.IsZero() || a.RepostedBy != "" {
			return false
		}
	}
	return true
}

// stitch puts the page together.
func (s *site) stitch(r *http.Request, view *homeView, list []cruddur.Activity) (*kept.Body, error) {
	v := visitOf(r)
	m := moment{&list[0], len(list), v.now.Unix()}
	key := sketchKey{v.viewer != nil, view.Theme, view.Place, view.Return}
	trends := s.trendsFor(r)
	x, err := s.kept[v.lang.Place].sketch(m, key, trends, func() ([]*kept.Piece, error) { return s.drawHome(r, view, list, trends) })
	if err != nil {
		return nil, err
	}
	b := new(kept.Body)
	b.Add(x.parts[0])
	own := strconv.AppendInt(nil, view.Now, 10)
	if view.Live != "" {
		own = append(append(own, `" data-live="`...), view.Live...)
	}
	b.AddOwn(own)
	if v.viewer == nil {
		b.Add(x.parts[1])
		return b, nil
	}
	marked, err := v.reader.Marked(list, v.now, func() ([]cruddur.Activity, error) {
		return s.Store.OfViewer(r.Context(), v.viewer.UUID, list)
	})
	if err != nil {
		return nil, err
	}
	rail, err := s.ownRail(&view.page)
	if err != nil {
		return nil, err
	}
	before, after, err := s.ownBox(v)
	if err != nil {
		return nil, err
	}
	b.Add(x.parts[1])
	b.AddOwn([]byte(view.Viewer.ID))
	b.Add(x.parts[2])
	b.AddOwn([]byte(view.News.inTitle()))
	b.Add(x.parts[3])
	b.Add(rail)
	b.Add(x.parts[4])
	b.Add(before)
	b.AddOwn([]byte(newDraft()))
	b.Add(after)
	b.Add(x.parts[5])
	if err := s.addGroups(r, b, m, marked); err != nil {
		return nil, err
	}
	b.Add(x.parts[6])
	return b, nil
}

// addGroups adds the cards of a member's page.
func (s *site) addGroups(r *http.Request, b *kept.Body, m moment, list []cruddur.Activity) error {
	v := visitOf(r)
	for place := 0; place*groupSize < len(list); place++ {
		first := place * groupSize
		group := list[first:min(first+groupSize, len(list))]
		marks := uint32(0)
		for i := range group {
			a := &group[i]
			for j, is := range []bool{a.Liked, a.Reposted, a.Following, a.UserUUID == v.viewer.UUID} {
				if is {
					marks |= 1 << (4*i + j)
				}
			}
		}
		p, err := s.kept[v.lang.Place].group(m, place, marks, func() (*kept.Piece, error) { return s.drawCards(r, first, group) })
		if err != nil {
			return err
		}
		b.Add(p)
	}
	return nil
}

// drawCards renders the cards from a place of the page on.
func (s *site) drawCards(r *http.Request, first int, list []cruddur.Activity) (*kept.Piece, error) {
	c := &cards{site: s, r: r, v: visitOf(r), b: new(bytes.Buffer), shown: first}
	for i := range list {
		c.add(&list[i], nil)
	}
	return kept.New(bytes.Clone(c.b.Bytes())), nil
}

// The marks stand in a sketch for what is a member's own. No member's text can hold them, because every < is escaped.
const (
	railMark template.HTML = "<!--rail-->"
	boxMark  template.HTML = "<!--box-->"
)

// drawHome renders a sketch. Of the request's view it takes only what is in the key of the sketch, and of the list; a
// member is one without a name.
func (s *site) drawHome(r *http.Request, of *homeView, list []cruddur.Activity, trends []cruddur.Trend) ([]*kept.Piece, error) {
	v := visitOf(r)
	view := &homeView{page: page{
		Lang: v.lang, Title: of.Title, Here: of.Here, Shows: of.Shows, NoIndex: of.NoIndex, Talk: true, Theme: of.Theme, Place: of.Place, Assets: of.Assets, Languages: of.Languages,
		Now: 1, Soonest: s.soonestOf(list, v), Trends: trendLines(v.lang, trends), Return: of.Return,
	}, Cruds: feedMark, Count: len(list), Older: of.Older, Newest: true, Tabs: of.Tabs}
	marks := []mark{{` data-now="`, "1"}, {"", string(feedMark)}}
	if v.viewer != nil {
		view.Viewer, view.Rail, view.Box = &viewer{}, railMark, boxMark
		marks = []mark{{` data-now="`, "1"}, {` data-member="`, ""}, {"<title>", ""}, {"", string(railMark)}, {"", string(boxMark)}, {"", string(feedMark)}}
	} else if err := s.fillRail(&view.page); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := s.execute(&b, view); err != nil {
		return nil, err
	}
	parts, err := cut(b.Bytes(), marks)
	if err != nil || v.viewer != nil {
		return pieces(parts), err
	}
	c, err := s.drawCards(r, 0, list) // in one piece with what is around them: a stranger has no marks
	if err != nil {
		return nil, err
	}
	return pieces([][]byte{parts[0], slices.Concat(parts[1], c.Bytes(), parts[2])}), nil
}

// mark is a place in a rendered page: some text that goes away, after another that stays.
type mark struct{ after, text string }

var errNoMark = errors.New("a place of the page is not found")

// cut cuts a page at marks, the first of each after the one before.
func cut(page []byte, marks []mark) (parts [][]byte, err error) {
	for _, m := range marks {
		i := bytes.Index(page, []byte(m.after+m.text))
		if i < 0 {
			return nil, errNoMark
		}
		parts = append(parts, page[:i+len(m.after)])
		page = page[i+len(m.after)+len(m.text):]
	}
	return append(parts, page), nil
}

func pieces(parts [][]byte) (list []*kept.Piece) {
	for _, p := range parts {
		list = append(list, kept.New(p))
	}
	return list
}
