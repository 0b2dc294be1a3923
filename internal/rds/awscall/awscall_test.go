package awscall

import (
	"errors"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
)

func TestEndpoint(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ region, service, base, signed string }{
		{"eu-central-1", "ec2", "https://ec2.eu-central-1.amazonaws.com", "eu-central-1"},
		{"cn-north-1", "kms", "https://kms.cn-north-1.amazonaws.com.cn", "cn-north-1"},
		{"us-gov-west-1", "logs", "https://logs.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
		{"eu-central-1", "organizations", "https://organizations.us-east-1.amazonaws.com", "us-east-1"},
	} {
		base, region, err := New(aws.Config{Region: test.region}).endpoint(test.service)
		if err != nil || base != test.base || region != test.signed {
			t.Errorf("endpoint(%s in %s) = %s, %s, %v, want %s, %s", test.service, test.region, base, region, err, test.base, test.signed)
		}
	}
	if _, _, err := New(aws.Config{}).endpoint("ec2"); err == nil {
		t.Error("endpoint() without a region = nil, want an error")
	}
	base, _, err := New(aws.Config{Region: "x", BaseEndpoint: aws.String("http://localhost:1")}).endpoint("ec2")
	if err != nil || base != "http://localhost:1" {
		t.Errorf("endpoint() = %s, %v, want the configured one", base, err)
	}
}

func TestParseError(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body, header, code, message string
	}{
		{"EC2", `<?xml version="1.0"?><Response><Errors><Error><Code>AuthFailure</Code><Message>no</Message></Error></Errors></Response>`, "", "AuthFailure", "no"},
		{"query", `<ErrorResponse><Error><Code>Throttling</Code><Message>slow</Message></Error></ErrorResponse>`, "", "Throttling", "slow"},
		{"JSON", `{"__type":"com.amazonaws.kms#NotFoundException","message":"gone"}`, "", "NotFoundException", "gone"},
		{"JSON, capital", `{"__type":"AccessDeniedException","Message":"no"}`, "", "AccessDeniedException", "no"},
		{"REST", `{"message":"no"}`, "BadRequestException:http://internal", "BadRequestException", "no"},
		{"a page", `<html>teapot</html>`, "", "HTTP418", "I'm a teapot"},
		{"nothing", ``, "", "HTTP418", "I'm a teapot"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := http.Header{}
			if test.header != "" {
				h.Set("X-Amzn-Errortype", test.header)
			}
			e, ok := errors.AsType[smithy.APIError](parseError(418, h, []byte(test.body)))
			if !ok || e.ErrorCode() != test.code || e.ErrorMessage() != test.message {
				t.Errorf("parseError() = %v, want %s: %s", e, test.code, test.message)
			}
		})
	}
}
