package s3store_test

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"cruddur"
	"cruddur/internal/gallery"
	"cruddur/internal/mototest"
	"cruddur/internal/pgtest"
	"cruddur/internal/s3store"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

var _ gallery.Store = (*s3store.Store)(nil)

func TestParsePlace(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]s3store.Place{
		"s3://pictures":         {Bucket: "pictures"},
		"s3://pictures/":        {Bucket: "pictures"},
		"s3://pictures/cruddur": {Bucket: "pictures", Prefix: "cruddur/"},
		"s3://pictures/a/b/":    {Bucket: "pictures", Prefix: "a/b/"},
	} {
		if got, err := s3store.ParsePlace(s); err != nil || got != want || got.String() != strings.TrimSuffix(s, "/") {
			t.Errorf("ParsePlace(%q) = %+v (%s), %v, want %+v", s, got, got, err, want)
		}
	}
	for _, s := range []string{"", "pictures", "s3://", "s3:///prefix", "https://pictures", "s3://key:secret@pictures", "s3://pictures?x=1", "s3://pictures:80", "s3://a#b"} {
		if got, err := s3store.ParsePlace(s); err == nil {
			t.Errorf("ParsePlace(%q) = %+v, want an error", s, got)
		}
	}
}

// Against somebody else's emulator of S3: put, get, delete, and what each says when there is nothing.
func TestStore(t *testing.T) {
	t.Parallel()
	endpoint, ok := mototest.Start(t)
	if !ok {
		return
	}
	c := aws.Config{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: credentials.NewStaticCredentialsProvider("test", "test", "")}
	ctx, bucket := t.Context(), "pictures"
	client := s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true })
	store := s3store.New(c, s3store.Place{Bucket: bucket, Prefix: "cruddur/"})
	if err := store.Put(ctx, "a/large.jpg", []byte("x")); cruddur.KindOf(err) != cruddur.KindUnavailable {
		t.Errorf("Put() without a bucket = %v, want unavailable", err)
	}
	if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	want := bytes.Repeat([]byte{0xff, 0, 7}, 100_000)
	if err := store.Put(ctx, "a/large.jpg", want); err != nil {
		t.Fatal(err)
	}
	if got, err := store.Get(ctx, "a/large.jpg"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("Get() = %d bytes, %v", len(got), err)
	}
	list, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket})
	if err != nil || len(list.Contents) != 1 || *list.Contents[0].Key != "cruddur/a/large.jpg" {
		t.Errorf("the bucket has %v, %v", list, err)
	}
	for range 2 {
		if err := store.Delete(ctx, "a/large.jpg"); err != nil {
			t.Errorf("Delete() = %v", err)
		}
	}
	if _, err := store.Get(ctx, "a/large.jpg"); cruddur.KindOf(err) != cruddur.KindNotFound {
		t.Errorf("Get() after Delete() = %v, want not_found", err)
	}
}
