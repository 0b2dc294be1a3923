// Package awscall signs and sends the few AWS requests for which a whole SDK client would be too much: the EC2 client
// alone takes two minutes to compile, for eight operations. It speaks the query, JSON 1.1 and REST-JSON protocols,
// retries as the SDK does and returns the SDK's error types. It must not know any service's rules, and must not log:
// requests may hold secrets.
package awscall

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// maxAnswer is the maximum size of an answer in bytes; the largest real one (route tables) has about 100 kB.
const maxAnswer = 16 << 20

// Client sends signed requests with the credentials, region, endpoint and retry rules of an aws.Config.
type Client struct {
	cfg    aws.Config
	signer *v4.Signer
	http   aws.HTTPClient
}

// New returns a client for cfg.
func New(cfg aws.Config) *Client {
	h := cfg.HTTPClient
	if h == nil {
		h = &http.Client{Timeout: time.Minute}
	}
	return &Client{cfg: cfg, signer: v4.NewSigner(), http: h}
}

// call is one request before it is signed.
type call struct {
	service   string // the signing name: ec2, kms, monitoring …
	operation string
	method    string
	path      string
	query     url.Values
	header    http.Header
	body      []byte
}

// Query sends an action of a query-protocol service (EC2, CloudWatch) and decodes its XML into out.
func (c *Client) Query(ctx context.Context, service, version, action string, params url.Values, out any) error {
	form := url.Values{"Action": {action}, "Version": {version}}
	for k, v := range params {
		form[k] = v
	}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}}
	answer, err := c.send(ctx, call{service, action, http.MethodPost, "/", nil, header, []byte(form.Encode())})
	if err != nil {
		return err
	}
	if err := xml.Unmarshal(answer, out); err != nil {
		return operation(service, action, fmt.Errorf("read the answer: %w", err))
	}
	return nil
}

// JSON sends a JSON 1.1 request; target is the X-Amz-Target header such as TrentService.DescribeKey.
func (c *Client) JSON(ctx context.Context, service, target string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	action := target[strings.LastIndexByte(target, '.')+1:]
	header := http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {target}}
	answer, err := c.send(ctx, call{service, action, http.MethodPost, "/", nil, header, body})
	if err != nil {
		return err
	}
	return decodeJSON(service, action, answer, out)
}

// Get sends a REST-JSON read. name is the operation's name, for errors.
func (c *Client) Get(ctx context.Context, service, name, path string, query url.Values, out any) error {
	answer, err := c.send(ctx, call{service, name, http.MethodGet, path, query, http.Header{}, nil})
	if err != nil {
		return err
	}
	return decodeJSON(service, name, answer, out)
}

func decodeJSON(service, action string, answer []byte, out any) error {
	if err := json.Unmarshal(answer, out); err != nil {
		return operation(service, action, fmt.Errorf("read the answer: %w", err))
	}
	return nil
}

func operation(service, name string, err error) error {
	return &smithy.OperationError{ServiceID: service, OperationName: name, Err: err}
}

// send signs and sends r, and retries as the configured retryer decides.
func (c *Client) send(ctx context.Context, r call) ([]byte, error) {
	var retryer aws.Retryer = retry.NewStandard()
	if c.cfg.Retryer != nil {
		retryer = c.cfg.Retryer()
	}
	for attempt := 1; ; attempt++ {
		answer, err := c.once(ctx, r)
		if err == nil {
			return answer, nil
		}
		if ctx.Err() != nil {
			return nil, operation(r.service, r.operation, ctx.Err())
		}
		if attempt >= retryer.MaxAttempts() || !retryer.IsErrorRetryable(err) {
			return nil, operation(r.service, r.operation, err)
		}
		delay, derr := retryer.RetryDelay(attempt, err)
		if derr != nil {
			return nil, operation(r.service, r.operation, err)
		}
		select {
		case <-ctx.Done():
			return nil, operation(r.service, r.operation, ctx.Err())
		case <-time.After(delay):
		}
	}
}

func (c *Client) once(ctx context.Context, r call) ([]byte, error) {
	base, region, err := c.endpoint(r.service)
	if err != nil {
		return nil, err
	}
	target := strings.TrimSuffix(base, "/") + r.path
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, target, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	for k, v := range r.header {
		req.Header[k] = v
	}
	if c.cfg.Credentials == nil {
		return nil, errors.New("get identity: get credentials: no credentials are configured")
	}
	credentials, err := c.cfg.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, fmt.Errorf("get identity: get credentials: %w", err)
	}
	sum := sha256.Sum256(r.body)
	if err := c.signer.SignHTTP(ctx, credentials, req, hex.EncodeToString(sum[:]), r.service, region, time.Now()); err != nil {
		return nil, err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, &smithyhttp.RequestSendError{Err: err}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	if res.StatusCode/100 != 2 {
		return nil, parseError(res.StatusCode, res.Header, body)
	}
	return body, nil
}
