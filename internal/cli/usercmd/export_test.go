package usercmd_test

import (
	"archive/zip"
	"bytes"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/gallery"
)

// grey is a picture.
func grey(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 9, 9))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// activitiesIn returns the list of cruds in an export.
func activitiesIn(t *testing.T, b []byte) string {
	t.Helper()
	return fileIn(t, b, "activities.json")
}

// fileIn returns a file of an archive.
func fileIn(t *testing.T, b []byte, name string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// An export holds what is a member's and alive, also while they are suspended, but nothing that is hidden with
// somebody else.
func TestUserExport(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.must("create", "--email", "ada@example.com", "--handle", "ada")
	o.must("create", "--email", "noor@example.com", "--handle", "noor")
	now := time.Now()
	ada, err := o.db.FindMember(t.Context(), "ada", now)
	if err != nil {
		t.Fatal(err)
	}
	noor, err := o.db.FindMember(t.Context(), "noor", now)
	if err != nil {
		t.Fatal(err)
	}
	crud, err := o.db.CreateActivity(t.Context(), noor.UUID, "by noor", "1-day", now)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"first", "second"} {
		if _, err := o.db.CreateActivity(t.Context(), ada.UUID, text, "1-day", now); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := o.db.Reply(t.Context(), ada.UUID, crud.UUID, "", "below noor", "", now); err != nil {
		t.Fatal(err)
	}
	picture, err := gallery.New(o.db, o.db.PictureStore(), false).SetFace(t.Context(), bytes.NewReader(grey(t)), noor.UUID, cruddur.Avatar, now)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ada.zip")
	read := func() string {
		t.Helper()
		if code, stdout, says := o.run("", "export", "@ada", path); code != 0 || stdout != "" || !strings.Contains(says, "All that is @ada’s is in "+path) {
			t.Fatalf("exit code %d, it says %q and %q", code, stdout, says)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return activitiesIn(t, b)
	}
	if got := read(); strings.Count(got, `"message"`) != 3 {
		t.Errorf("the cruds = %s", got)
	}
	o.must("suspend", "noor")
	if got := read(); strings.Count(got, `"message"`) != 2 || strings.Contains(got, "below noor") {
		t.Errorf("with what is hidden with noor: %s", got)
	}
	o.must("suspend", "ada")
	if got := read(); !strings.Contains(got, "first") || !strings.Contains(got, "second") {
		t.Errorf("while suspended: %s", got)
	}
	if got := activitiesIn(t, []byte(o.must("export", "ada", "-"))); !strings.Contains(got, "first") {
		t.Errorf("on standard output: %s", got)
	}
	name := "pictures/" + picture.UUID.String() + ".jpg"
	if b := fileIn(t, []byte(o.must("export", "noor", "-")), name); !strings.HasPrefix(b, "\xff\xd8") {
		t.Errorf("the picture = %q", b)
	}
	// The pictures are elsewhere, and that place does not answer.
	for env, value := range map[string]string{
		"CRUDDUR_PICTURES": "s3://pictures", "CRUDDUR_PICTURES_ENDPOINT": "http://127.0.0.1:1", "AWS_DEFAULT_REGION": "eu-west-1",
		"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
	} {
		o.env[env] = value
	}
	code, stdout, says := o.run("", "export", "noor", "-")
	if code != 1 || !strings.Contains(says, "the file lacks 1 pictures") || strings.Contains(stdout, name) || !strings.Contains(fileIn(t, []byte(stdout), "pictures.json"), "could not be read") {
		t.Errorf("with a store that is away: exit code %d, it says %q", code, says)
	}
	o.refused(4, "no member", "export", "nobody", path)
	o.refused(2, "is a folder", "export", "ada", t.TempDir())
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read it: %v, %v", info.Mode(), err)
	}
}
