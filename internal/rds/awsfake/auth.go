package awsfake

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

var authorization = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$`)

// authenticate checks the signature as AWS does, by signing the request again, and returns the
// service that it was signed for.
func authenticate(r *http.Request, body []byte) (string, *apiError) {
	m := authorization.FindStringSubmatch(r.Header.Get("Authorization"))
	if m == nil {
		return "", &apiError{Code: "MissingAuthenticationToken", Status: http.StatusForbidden, Message: "Request is missing Authentication Token"}
	}
	key, region, service, signed, signature := m[1], m[3], m[4], m[5], m[6]
	if key != AccessKey {
		return service, &apiError{Code: unknownKeyCode(service), Status: http.StatusForbidden, Message: "The security token included in the request is invalid."}
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return service, &apiError{Code: "IncompleteSignature", Message: "Date must be in ISO-8601 'basic format'."}
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	again, err := http.NewRequestWithContext(context.Background(), r.Method, "http://"+r.Host+r.URL.RequestURI(), bytes.NewReader(body))
	if err != nil {
		return service, &apiError{Code: "IncompleteSignature", Message: err.Error()}
	}
	if !slices.Contains(strings.Split(signed, ";"), "content-length") {
		again.ContentLength = 0 // the AWS CLI does not sign it
	}
	for h := range strings.SplitSeq(signed, ";") {
		switch h {
		case "host", "content-length":
		default:
			again.Header[http.CanonicalHeaderKey(h)] = r.Header.Values(h)
		}
	}
	credentials := aws.Credentials{AccessKeyID: AccessKey, SecretAccessKey: SecretKey}
	if err := v4.NewSigner().SignHTTP(context.Background(), credentials, again, hash, service, region, at); err != nil {
		return service, &apiError{Code: "IncompleteSignature", Message: err.Error()}
	}
	if !strings.HasSuffix(again.Header.Get("Authorization"), "Signature="+signature) {
		return service, &apiError{Code: "SignatureDoesNotMatch", Status: http.StatusForbidden, Message: "The request signature we calculated does not match the signature you provided."}
	}
	return service, nil
}

// unknownKeyCode is the error code of each protocol for an unknown access key.
func unknownKeyCode(service string) string {
	switch service {
	case "ec2":
		return "AuthFailure"
	case "rds", "sts", "iam", "monitoring":
		return "InvalidClientTokenId"
	}
	return "UnrecognizedClientException"
}

// apiError is a refusal in AWS's words.
type apiError struct {
	Code, Message string
	Status        int
	empty         bool
}

func (e *apiError) write(w http.ResponseWriter, service string, call Call) {
	status := e.Status
	if status == 0 {
		status = http.StatusBadRequest
	}
	if e.empty {
		w.WriteHeader(status)
		return
	}
	code := e.Code
	switch {
	case service == "ec2":
		if code == "AccessDenied" {
			code = "UnauthorizedOperation"
		}
		writeXML(w, status, fmt.Sprintf("<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>fake</RequestID></Response>", code, escape(e.Message)))
	case call.Params != nil:
		writeXML(w, status, fmt.Sprintf("<ErrorResponse><Error><Type>Sender</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>fake</RequestId></ErrorResponse>", code, escape(e.Message)))
	default:
		if code == "AccessDenied" {
			code = "AccessDeniedException"
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.Header().Set("X-Amzn-Errortype", code)
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": e.Message})
	}
}

func writeXML(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	fmt.Fprint(w, xml.Header, body)
}

func escape(s string) string {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
