package httpserver_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"cruddur/internal/httpserver"
	"cruddur/internal/ratelimit"
	"cruddur/internal/request"
)

// CVE-2024-34535, CVE-2023-49952 (Mastodon): a header that the client wrote lifted the limits.
//
// Without a trusted proxy every spelling of "I am somebody else" counts as the address of the connection.
func TestAdvisoryForwardedHeaderLiftsLimits(t *testing.T) {
	t.Parallel()
	limits, now := ratelimit.New(), time.Now()
	rule := ratelimit.Rule{Name: "test", Count: 1, Per: time.Hour}
	r := start(t, httpserver.Config{Web: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := limits.Allow(now, ratelimit.ByAddress(nil, rule, request.Client(r.Context()))...); !ok {
			w.WriteHeader(http.StatusTooManyRequests)
		}
		io.WriteString(w, request.Client(r.Context()).String())
	})})
	if res, _ := r.get("http://" + r.addr + "/"); res.StatusCode != http.StatusOK {
		t.Fatalf("the first request = %d", res.StatusCode)
	}
	for _, name := range []string{
		"X-Forwarded-For", "x-forwarded-for", "X-Real-IP", "X-Client-IP", "Client-IP", "True-Client-IP", "CF-Connecting-IP", "Fastly-Client-IP",
		"X-Cluster-Client-IP", "X-Original-Forwarded-For", "X-Remote-IP", "X-Remote-Addr", "X-Originating-IP", "X_Forwarded_For", "Via", "Host",
	} {
		for _, value := range []string{"203.0.113.9", "127.0.0.1", "203.0.113.9, 127.0.0.1", "::1", "2001:db8::7"} {
			if res, body := r.get("http://"+r.addr+"/", name+": "+value); res.StatusCode != http.StatusTooManyRequests || body != "127.0.0.1" {
				t.Errorf("%s: %s = %d as %s", name, value, res.StatusCode, body)
			}
		}
	}
	for _, value := range []string{"for=203.0.113.9", `for="[2001:db8::7]:1";proto=https`, "for=127.0.0.1, for=203.0.113.9"} {
		if res, body := r.get("http://"+r.addr+"/", "Forwarded: "+value); res.StatusCode != http.StatusTooManyRequests || body != "127.0.0.1" {
			t.Errorf("Forwarded: %s = %d as %s", value, res.StatusCode, body)
		}
	}
}
