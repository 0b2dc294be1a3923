package s3store

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"cruddur"
)

// Check puts an object, reads it and deletes it, as the store will do. If the store or the credentials are not as they
// must be, the error says what is wrong with them and is KindInvalid; if waiting may help, it is KindUnavailable.
func (s *Store) Check(ctx context.Context) error {
	if c := s.client.Options().Credentials; c != nil {
		if _, err := c.Retrieve(ctx); err != nil && ctx.Err() == nil {
			return s.wrong("there are no credentials for", err)
		}
	}
	name, want := "check-"+rand.Text(), []byte("cruddur")
	if err := s.put(ctx, name, want); err != nil {
		return s.judge("put", name, err)
	}
	got, err := s.get(ctx, name)
	if err == nil && !bytes.Equal(got, want) {
		err = errors.New("it answers something else than was put there")
	}
	if deleted := s.delete(ctx, name); err == nil && deleted != nil {
		return s.judge("delete", name, deleted)
	}
	if err != nil {
		return s.judge("get", name, err)
	}
	return nil
}

// judge tells a store that refuses from one that is away.
func (s *Store) judge(what, name string, err error) error {
	answer, ok := errors.AsType[*awshttp.ResponseError](err)
	if !ok {
		return s.failed(what, name, err)
	}
	switch status := answer.HTTPStatusCode(); {
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, status < 300, status >= 500:
		return s.failed(what, name, err)
	}
	api, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return s.wrong("an object could not be "+participles[what]+" in", err)
	}
	// The whole error has no more but numbers of the request.
	said := fmt.Errorf("%s: %s", api.ErrorCode(), api.ErrorMessage())
	if api.ErrorCode() == "NoSuchBucket" {
		return s.wrong("there is no bucket for", said)
	}
	return s.wrong("an object may not be "+participles[what]+" in", said)
}

var participles = map[string]string{"put": "put", "get": "read", "delete": "deleted"}

func (s *Store) wrong(what string, err error) error {
	return cruddur.NewError(cruddur.KindInvalid).Wrap(fmt.Errorf("%s %s: %w", what, s.place, err))
}
