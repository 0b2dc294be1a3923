package export_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"cruddur"
	"cruddur/internal/export"
	"cruddur/internal/pgtest"
	"cruddur/internal/postgres"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var now = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func member(t *testing.T, db *postgres.DB, handle string) cruddur.User {
	t.Helper()
	u, err := db.UpsertUser(t.Context(), cruddur.User{Handle: handle, DisplayName: handle, Email: handle + "@example.com", Subject: handle}, now)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// unzip returns the files of an archive.
func unzip(t *testing.T, b []byte) map[string]string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out[f.Name] = string(text)
	}
	return out
}

// Both forms hold each row of each list once, over all pages, and nothing of others, nor what has ended.
func TestExport(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	ada, bob, cem := member(t, db, "ada"), member(t, db, "bob"), member(t, db, "cem")
	const many = 2345
	if _, err := conn.Exec(t.Context(), `insert into activities (uuid, user_uuid, message, created_at, expires_at)
		select uuid_v7(t.at), $1, 'number ' || i || ' </script>', t.at, t.at + case when i % 2 = 0 then interval '1 day' else interval '1 hour' end
		from generate_series(1, $3 * 2) i cross join lateral (select $2::timestamptz - interval '2 hours' - i * interval '1 second' as at) t`,
		[16]byte(ada.UUID), now, many); err != nil {
		t.Fatal(err)
	}
	theirs, err := db.CreateActivity(t.Context(), bob.UUID, "by bob", "1-day", now)
	if err != nil {
		t.Fatal(err)
	}
	_, like := db.Like(t.Context(), ada.UUID, theirs.UUID, true, now)
	_, repost := db.Repost(t.Context(), ada.UUID, theirs.UUID, true, now)
	_, sent := db.SendTo(t.Context(), ada.UUID, bob.UUID, "", "in private", now)
	_, passed := db.SendTo(t.Context(), bob.UUID, cem.UUID, "", "not hers", now)
	_, reported := db.Report(t.Context(), cruddur.NewReport{Reporter: ada.UUID, Kind: cruddur.MemberTarget, Target: bob.UUID, Reason: cruddur.Spam, Words: "by ada"}, now)
	_, accused := db.Report(t.Context(), cruddur.NewReport{Reporter: bob.UUID, Kind: cruddur.MemberTarget, Target: ada.UUID, Reason: cruddur.Spam, Words: "by bob"}, now)
	if err := errors.Join(reported, accused, like, repost, sent, passed, db.Follow(t.Context(), ada.UUID, bob.UUID, true, now),
		db.Mute(t.Context(), ada.UUID, bob.UUID, now.Add(time.Hour), now), db.Block(t.Context(), ada.UUID, cem.UUID, true, now)); err != nil {
		t.Fatal(err)
	}
	picture, err := db.AddPicture(t.Context(), cruddur.Picture{
		UserUUID: ada.UUID, Kind: cruddur.Avatar, Width: 1, Height: 1, Color: "#000000", Extension: "jpg", Bytes: 1, CreatedAt: now,
	}, false)
	if err := errors.Join(err, db.SetFace(t.Context(), ada.UUID, cruddur.Avatar, picture, now)); err != nil {
		t.Fatal(err)
	}
	e, err := export.Begin(t.Context(), db, shelf(func(cruddur.Picture) error { return nil }), ada.UUID, now)
	if err != nil {
		t.Fatal(err)
	}
	var text, archive bytes.Buffer
	if err := errors.Join(e.JSON(t.Context(), &text), e.ZIP(t.Context(), &archive)); err != nil {
		t.Fatal(err)
	}
	var whole map[string]json.RawMessage
	if err := json.Unmarshal(text.Bytes(), &whole); err != nil {
		t.Fatal(err)
	}
	files := unzip(t, archive.Bytes())
	for list, want := range map[string]int{"activities": many, "likes": 1, "reposts": 1, "pictures": 1, "following": 1, "muted": 1, "blocked": 1, "messages": 1, "reports": 1} {
		for form, b := range map[string]string{"JSON": string(whole[list]), "ZIP": files[list+".json"]} {
			var rows []map[string]any
			if err := json.Unmarshal([]byte(b), &rows); err != nil {
				t.Fatalf("%s of %s: %v", list, form, err)
			}
			seen := map[string]bool{}
			for _, row := range rows {
				seen[fmt.Sprint(row)] = true
				if row["place"] != nil || strings.Contains(fmt.Sprint(row["message"], row["words"]), "by bob") || row["message"] == "not hers" {
					t.Fatalf("%s of %s has %v", list, form, row)
				}
			}
			if len(rows) != want || len(seen) != want {
				t.Errorf("%s of %s has %d rows, %d of them different, want %d", list, form, len(rows), len(seen), want)
			}
		}
	}
	for _, list := range export.Lists {
		if whole[list] == nil || files[list+".json"] == "" || !strings.Contains(files["README.txt"], list+".json") {
			t.Errorf("%s is missing", list)
		}
	}
	if !strings.Contains(files["profile.json"], `"ada@example.com"`) || !strings.Contains(string(whole["profile"]), `"ada@example.com"`) {
		t.Errorf("profile = %s", files["profile.json"])
	}
	e, err = export.Begin(t.Context(), db, nil, member(t, db, "dia").UUID, now)
	if err != nil {
		t.Fatal(err)
	}
	text.Reset()
	if err := e.JSON(t.Context(), &text); err != nil || !strings.HasSuffix(text.String(), `"activities":[],"likes":[],"reposts":[],"pictures":[],"following":[],"muted":[],"blocked":[],"messages":[],"reports":[]}`) {
		t.Errorf("the export of somebody who has nothing = %s, %v", text.String(), err)
	}
	if _, err := export.Begin(t.Context(), db, nil, cruddur.UUID{9}, now); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("nobody's export: %v", err)
	}
}

// breaking is a store that fails in the middle of a list.
type breaking struct{ *postgres.DB }

func (b breaking) ExportRows(_ context.Context, list string, _ cruddur.UUID, _ time.Time, each func([]byte) error) error {
	if list != "likes" {
		return nil
	}
	for range 10_000 {
		if err := each([]byte(`{"activity_uuid":"a row that is long enough to fill what is kept back"}`)); err != nil {
			return err
		}
	}
	return errors.New("broken")
}

// An export that fails halfway breaks the connection off: what the client has does not look like a whole. The operator
// learns why.
func TestBreaksOff(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	ada := member(t, db, "ada")
	told := make(chan string, 2)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e, err := export.Begin(r.Context(), breaking{db}, nil, ada.UUID, now)
		if err != nil {
			t.Error(err)
			return
		}
		write := (*export.Export).ZIP
		if r.URL.Path == "/json" {
			write = (*export.Export).JSON
		}
		var log bytes.Buffer
		defer func() { told <- log.String() }()
		e.Answer(w, r, "cruddur-ada.zip", "application/zip", write, slog.New(slog.NewTextHandler(&log, nil)))
	}))
	defer server.Close()
	for _, path := range []string{"/json", "/zip"} {
		res, err := http.Get(server.URL + path)
		if err == nil {
			var b []byte
			b, err = io.ReadAll(res.Body)
			res.Body.Close()
			if res.Header.Get("Cache-Control") != "no-store" || path == "/json" && len(b) == 0 {
				t.Errorf("%s: %d bytes, %v", path, len(b), res.Header)
			}
		}
		if err == nil {
			t.Errorf("%s ended as if it were whole", path)
		}
		if log := <-told; !strings.Contains(log, "broke off") || !strings.Contains(log, "error=broken") {
			t.Errorf("%s: the operator learns %q", path, log)
		}
	}
}
