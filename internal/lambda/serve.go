package lambda

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"cruddur"
	"cruddur/internal/localhost"
)

// Invoker is a function as the Invoke API calls it.
type Invoker interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// maxPayload is Lambda's own limit for a synchronous call, in bytes.
const maxPayload = 6 << 20

// InvokeHandler serves POST /2015-03-31/functions/{name}/invocations as AWS Lambda's Invoke API does,
// for the one function of that name, so that an emulator of Cognito can call it.
func InvokeHandler(name string, f Invoker) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/{name}/invocations", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if !names(r.PathValue("name"), name) {
			refuse(w, http.StatusNotFound, "ResourceNotFoundException", "Function not found: "+r.PathValue("name"))
			return
		}
		payload, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxPayload))
		if err != nil {
			refuse(w, http.StatusRequestEntityTooLarge, "RequestTooLargeException", "the payload has more than 6 MB")
			return
		}
		if r.Header.Get("X-Amz-Invocation-Type") == "DryRun" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		id := rand.Text()
		ctx, cancel := context.WithTimeout(r.Context(), timeout*time.Second)
		defer cancel()
		ctx = lambdacontext.NewContext(ctx, &lambdacontext.LambdaContext{AwsRequestID: id})
		answer, err := f.Invoke(ctx, payload)
		w.Header().Set("X-Amzn-Requestid", id)
		w.Header().Set("X-Amz-Executed-Version", "$LATEST")
		if r.Header.Get("X-Amz-Invocation-Type") == "Event" {
			w.WriteHeader(http.StatusAccepted)
			return
		}
		if err != nil {
			// A failed function is a successful call: the status is 200, and a header reports the error.
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
			json.NewEncoder(w).Encode(map[string]string{"errorMessage": err.Error(), "errorType": "errorString"})
			return
		}
		w.Write(answer)
	})
	return mux
}

// names reports whether an Invoke call's {name} is the function: its name or ARN, with a version or not.
func names(called, name string) bool {
	if parts := strings.Split(called, ":"); len(parts) >= 7 && parts[0] == "arn" {
		called = parts[6]
	}
	called, _, _ = strings.Cut(called, ":")
	return called == name
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("X-Amzn-Errortype", code)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"Type": "User", "Message": message})
}

// Listen binds the address of Serve. Callers of Serve are not authenticated, so an address that is not loopback is
// KindInvalid.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, cruddur.Errorf(cruddur.KindInvalid, "%q is not host:port", address)
	}
	if !localhost.Is(host) {
		return nil, cruddur.Errorf(cruddur.KindInvalid, "%q is not a loopback address: whoever reached it could make members", address)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	return l, nil
}

// Serve serves InvokeHandler on l until ctx ends, and closes l.
func Serve(ctx context.Context, l net.Listener, name string, f Invoker) error {
	server := &http.Server{Handler: http.NewCrossOriginProtection().Handler(InvokeHandler(name, f)), ReadHeaderTimeout: 5 * time.Second}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout*time.Second)
	defer cancel()
	err := server.Shutdown(stopping)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	return err
}
