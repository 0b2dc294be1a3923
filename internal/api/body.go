package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"unicode/utf8"

	"cruddur"
)

// maxBody is the largest request body; the longest message, fully escaped in JSON, takes a tenth of it.
const maxBody = 64 << 10

var (
	errMalformed = errors.New("the body is not a JSON object in UTF-8")
	errTooLarge  = errors.New("the body is over 64 KiB")
)

// read decodes the request's body into a struct with pointers or plain values as fields: nil or zero means that the
// field was not sent. Unknown keys are ignored, because a client may be newer or older than the server.
func (c *call) read(into any) error {
	if c.r.ContentLength > maxBody {
		return cruddur.NewError(cruddur.KindInvalid, "body_too_large").Wrap(errTooLarge)
	}
	b, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, maxBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return cruddur.NewError(cruddur.KindInvalid, "body_too_large").Wrap(errTooLarge)
	}
	if err != nil {
		return cruddur.NewError(cruddur.KindInvalid, "invalid_json").Wrap(errors.Join(errMalformed, err))
	}
	return decode(b, into)
}

// decode reads a JSON object. encoding/json would silently replace invalid UTF-8 by U+FFFD, and the stored text would
// differ from the sent one.
func decode(b []byte, into any) error {
	malformed := cruddur.NewError(cruddur.KindInvalid, "invalid_json")
	if !utf8.Valid(b) || !bytes.HasPrefix(bytes.TrimLeft(b, " \t\r\n"), []byte("{")) {
		return malformed.Wrap(errMalformed)
	}
	err := json.Unmarshal(b, into)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return cruddur.Invalid(wrong.Field, wrong.Field+"_invalid_type").Wrap(err)
	}
	if err != nil {
		return malformed.Wrap(errors.Join(errMalformed, err))
	}
	return nil
}
