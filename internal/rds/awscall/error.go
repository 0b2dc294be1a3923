package awscall

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
)

// Error is the error answer of a service. It satisfies [smithy.APIError], so that callers treat
// it like an error of an SDK client.
type Error struct {
	smithy.GenericAPIError
	Status int
}

// HTTPStatusCode returns the HTTP status; the SDK's retry rules call it.
func (e *Error) HTTPStatusCode() int { return e.Status }

// xmlError covers both envelopes: EC2's Response/Errors/Error and the query protocol's ErrorResponse/Error.
type xmlError struct {
	EC2Code    string `xml:"Errors>Error>Code"`
	EC2Message string `xml:"Errors>Error>Message"`
	Code       string `xml:"Error>Code"`
	Message    string `xml:"Error>Message"`
}

// jsonError covers the error formats of JSON services.
type jsonError struct {
	Type     string `json:"__type"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Message2 string `json:"Message"`
}

func parseError(status int, header http.Header, body []byte) error {
	e := &Error{Status: status}
	e.Fault = smithy.FaultClient
	if status >= 500 {
		e.Fault = smithy.FaultServer
	}
	var x xmlError
	var j jsonError
	switch {
	case json.Unmarshal(body, &j) == nil:
		e.Code, e.Message = j.Type, j.Message+j.Message2
		if j.Code != "" {
			e.Code = j.Code
		}
	case xml.Unmarshal(body, &x) == nil:
		e.Code, e.Message = x.EC2Code+x.Code, x.EC2Message+x.Message
	}
	if h := header.Get("X-Amzn-Errortype"); h != "" {
		e.Code = h
	}
	// "com.amazonaws.kms#NotFoundException" and "NotFoundException:http://…" both mean NotFoundException.
	e.Code, _, _ = strings.Cut(e.Code[strings.LastIndexByte(e.Code, '#')+1:], ":")
	if e.Code == "" {
		e.Code = fmt.Sprintf("HTTP%d", status)
		e.Message = http.StatusText(status)
	}
	return e
}
