package s3store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/jackc/pgx/v5"

	"cruddur"
	"cruddur/internal/gallery"
	"cruddur/internal/mototest"
	"cruddur/internal/pgtest"
	"cruddur/internal/s3store"
	"cruddur/internal/sweep"
)

func config(endpoint string) aws.Config {
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("AKIATESTTESTTEST", "the-secret", ""),
		Retryer: func() aws.Retryer { return aws.NopRetryer{} },
	}
}

// bucket is a bucket of moto's, behind a proxy that can be switched off.
type bucket struct {
	*httptest.Server
	t      *testing.T
	client *s3.Client
	down   atomic.Bool
}

func newBucket(t *testing.T) (*bucket, bool) {
	endpoint, ok := mototest.Start(t)
	if !ok {
		return nil, false
	}
	u, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	b := &bucket{t: t}
	// moto does not check signatures, so the request may go to another address than it was signed for.
	proxy := httputil.NewSingleHostReverseProxy(u)
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(b.Close)
	b.client = s3.NewFromConfig(config(endpoint), func(o *s3.Options) { o.UsePathStyle = true })
	return b, true
}

func (b *bucket) make() {
	b.t.Helper()
	if _, err := b.client.CreateBucket(b.t.Context(), &s3.CreateBucketInput{Bucket: aws.String("pictures")}); err != nil {
		b.t.Fatal(err)
	}
}

// objects counts what is in the bucket.
func (b *bucket) objects() int {
	b.t.Helper()
	list, err := b.client.ListObjectsV2(b.t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("pictures")})
	if err != nil {
		b.t.Fatal(err)
	}
	return len(list.Contents)
}

// becomes waits until something is true.
func becomes(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not become true that %s", what)
		}
	}
}

var place = s3store.Place{Bucket: "pictures", Prefix: "cruddur/"}

// With the sweeper of a server: a crud that ends takes its objects out of the bucket. While the bucket is away their names
// stay, everything else is swept, and once it is back the debt is worked off.
func TestSweptFromTheBucket(t *testing.T) {
	t.Parallel()
	b, ok := newBucket(t)
	if !ok {
		return
	}
	b.make()
	url := pgtest.URL(t)
	db := pgtest.Open(t, url)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	one := func(query string) (n int) {
		t.Helper()
		if err := conn.QueryRow(t.Context(), query).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	now := time.Now()
	ada, err := db.UpsertUser(t.Context(), cruddur.User{Handle: "ada", DisplayName: "Ada", Email: "ada@example.com", Subject: "ada"}, now)
	if err != nil {
		t.Fatal(err)
	}
	g := gallery.New(db, s3store.New(config(b.URL), place), true)
	post := func() {
		t.Helper()
		var ids []cruddur.UUID
		for range 2 {
			p, err := g.Upload(t.Context(), bytes.NewReader(grey(t)), ada.UUID, cruddur.CrudPicture, "", now)
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, p.UUID)
		}
		if _, err := db.CreateWith(t.Context(), ada.UUID, cruddur.Draft{Message: "look", TTL: "1-hour", Pictures: ids}, now); err != nil {
			t.Fatal(err)
		}
	}
	end := func() {
		t.Helper()
		if _, err := conn.Exec(t.Context(), "update activities set created_at = created_at - interval '1 hour', expires_at = now()"); err != nil {
			t.Fatal(err)
		}
	}
	post()
	if n := b.objects(); n != 4 {
		t.Fatalf("the bucket has %d objects, want 4", n)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		sweep.New(db, slog.New(slog.DiscardHandler), sweep.Options{Every: 20 * time.Millisecond, Tasks: []sweep.Task{
			{Name: "pictures", Func: db.SweepPictures}, {Name: "picture_objects", Func: g.Sweep, Outside: true},
		}}).Run(ctx)
	}()
	defer func() { stop(); <-done }()
	end()
	becomes(t, "the bucket is empty", func() bool { return b.objects() == 0 && one("select count(*) from picture_objects") == 0 })

	post()
	b.down.Store(true)
	end()
	becomes(t, "the crud and its pictures are swept without the bucket", func() bool {
		return one("select count(*) from activities") == 0 && one("select count(*) from pictures") == 0
	})
	if _, err := db.CreateActivity(t.Context(), ada.UUID, "without a picture", "1-hour", now); err != nil {
		t.Fatal(err)
	}
	end()
	becomes(t, "what ends later is swept while the bucket is still away", func() bool { return one("select count(*) from activities") == 0 })
	if rows, _, err := db.PurgeLag(t.Context(), time.Now()); err != nil || rows != 4 || one("select count(*) from picture_objects where picture_uuid is null") != 4 || b.objects() != 4 {
		t.Errorf("while the bucket is away %d objects wait, %v, and it has %d, want 4", rows, err, b.objects())
	}
	if _, err := g.Upload(t.Context(), bytes.NewReader(grey(t)), ada.UUID, cruddur.CrudPicture, "", now); cruddur.KindOf(err) != cruddur.KindUnavailable {
		t.Errorf("Upload() while the bucket is away = %v, want unavailable", err)
	}
	b.down.Store(false)
	becomes(t, "the debt is worked off", func() bool { return b.objects() == 0 && one("select count(*) from picture_objects") == 0 })
}

// A store that takes a request and says nothing is as good as one that is away.
func TestSilence(t *testing.T) {
	t.Parallel()
	end := make(chan bool)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-end }))
	defer server.Close()
	defer close(end)
	store := s3store.New(config(server.URL), place)
	store.SetTimeout(10 * time.Millisecond)
	_, get := store.Get(t.Context(), "a")
	for what, err := range map[string]error{"Put": store.Put(t.Context(), "a", nil), "Get": get, "Delete": store.Delete(t.Context(), "a"), "Check": store.Check(t.Context())} {
		if cruddur.KindOf(err) != cruddur.KindUnavailable || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s() = %v, want unavailable", what, err)
		}
	}
}

// Check says what is wrong with a store, and leaves nothing there; what may pass by itself is unavailable.
func TestCheck(t *testing.T) {
	t.Parallel()
	b, ok := newBucket(t)
	if !ok {
		return
	}
	check := func(endpoint string) error { return s3store.New(config(endpoint), place).Check(t.Context()) }
	if err := check(b.URL); cruddur.KindOf(err) != cruddur.KindInvalid || !strings.Contains(err.Error(), "there is no bucket for s3://pictures/cruddur: NoSuchBucket") {
		t.Errorf("Check() without a bucket = %v", err)
	}
	b.make()
	if err := check(b.URL); err != nil || b.objects() != 0 {
		t.Errorf("Check() = %v, and it leaves %d objects", err, b.objects())
	}
	b.down.Store(true)
	if err := check(b.URL); cruddur.KindOf(err) != cruddur.KindUnavailable {
		t.Errorf("Check() of a bucket that is away = %v, want unavailable", err)
	}
	if err := check("http://127.0.0.1:1"); cruddur.KindOf(err) != cruddur.KindUnavailable {
		t.Errorf("Check() of nobody = %v, want unavailable", err)
	}
	c := config(b.URL)
	c.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, errors.New("no role") })
	if err := s3store.New(c, place).Check(t.Context()); cruddur.KindOf(err) != cruddur.KindInvalid || !strings.Contains(err.Error(), "there are no credentials for s3://pictures/cruddur: no role") {
		t.Errorf("Check() without credentials = %v", err)
	}
	for method, want := range map[string]string{"PUT": "may not be put in", "GET": "may not be read in", "DELETE": "may not be deleted in"} {
		var kept atomic.Value
		denies := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch body, _ := io.ReadAll(r.Body); {
			case r.Method == method:
				w.WriteHeader(http.StatusForbidden)
				fmt.Fprint(w, `<?xml version="1.0"?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>`)
			case r.Method == "PUT":
				kept.Store(body)
			case r.Method == "GET":
				b, _ := kept.Load().([]byte)
				_, _ = w.Write(b)
			}
		}))
		defer denies.Close()
		err := check(denies.URL)
		if cruddur.KindOf(err) != cruddur.KindInvalid || !strings.Contains(err.Error(), "an object "+want+" s3://pictures/cruddur: AccessDenied: Access Denied") {
			t.Errorf("Check() without the right to %s = %v", method, err)
		}
		if strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "AKIA") {
			t.Errorf("the error has the credentials: %v", err)
		}
	}
}

func grey(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
