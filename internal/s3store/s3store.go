// Package s3store keeps the bytes of pictures in a bucket of Amazon S3. It must not know what they are.
package s3store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"cruddur"
)

// Place is a bucket, and what the names of all objects in it begin with.
type Place struct{ Bucket, Prefix string }

// String returns s3://bucket/prefix.
func (p Place) String() string {
	return strings.TrimSuffix("s3://"+p.Bucket+"/"+p.Prefix, "/")
}

// ParsePlace reads s3://bucket or s3://bucket/prefix.
func ParsePlace(s string) (Place, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "s3" || u.Host == "" || u.User != nil || u.Port() != "" || u.RawQuery != "" || u.Fragment != "" {
		return Place{}, errors.New("want s3://bucket or s3://bucket/prefix")
	}
	p := Place{Bucket: u.Host, Prefix: strings.Trim(u.Path, "/")}
	if p.Prefix != "" {
		p.Prefix += "/"
	}
	return p, nil
}

// answerTimeout is how long an operation may take, all attempts of the SDK together. A store that does not answer must
// not keep members and the sweeper waiting.
const answerTimeout = 15 * time.Second

// Store is a place in S3.
type Store struct {
	client  *s3.Client
	place   Place
	timeout time.Duration
}

// New returns a store. The configuration names credentials and region, and for an emulator its address.
func New(c aws.Config, p Place) *Store {
	return &Store{place: p, timeout: answerTimeout, client: s3.NewFromConfig(c, func(o *s3.Options) {
		// Emulators and other stores of this kind have no name of their own for each bucket.
		o.UsePathStyle = c.BaseEndpoint != nil && *c.BaseEndpoint != ""
	})}
}

func (s *Store) key(name string) *string { return aws.String(s.place.Prefix + name) }

// Put stores bytes under a name.
func (s *Store) Put(ctx context.Context, name string, b []byte) error {
	return s.failed("put", name, s.put(ctx, name, b))
}

func (s *Store) put(ctx context.Context, name string, b []byte) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{Bucket: &s.place.Bucket, Key: s.key(name), Body: bytes.NewReader(b)})
	return err
}

// Get returns the bytes under a name; KindNotFound if there are none.
func (s *Store) Get(ctx context.Context, name string) ([]byte, error) {
	b, err := s.get(ctx, name)
	if _, none := errors.AsType[*types.NoSuchKey](err); none {
		return nil, cruddur.NewError(cruddur.KindNotFound).Wrap(err)
	}
	return b, s.failed("get", name, err)
}

func (s *Store) get(ctx context.Context, name string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	out, err := s.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &s.place.Bucket, Key: s.key(name)})
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	return io.ReadAll(out.Body)
}

// Delete deletes what is under a name, and is content if there is nothing.
func (s *Store) Delete(ctx context.Context, name string) error {
	return s.failed("delete", name, s.delete(ctx, name))
}

func (s *Store) delete(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	_, err := s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &s.place.Bucket, Key: s.key(name)})
	return err
}

// failed makes an error one for which waiting may help: nothing that a member sends is at fault.
func (s *Store) failed(what, name string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	e := cruddur.NewError(cruddur.KindUnavailable)
	e.RetryAfter = 5
	return e.Wrap(fmt.Errorf("%s s3://%s/%s: %w", what, s.place.Bucket, *s.key(name), err))
}
