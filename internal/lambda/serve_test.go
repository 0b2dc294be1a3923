package lambda_test

import (
	"testing"

	"cruddur"
	"cruddur/internal/lambda"
)

// Whoever reaches the server can make members, so it listens on this machine's own addresses alone.
func TestServeOnThisMachineAlone(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"127.0.0.1:0": true, "localhost:0": true, "LOCALHOST:0": true, "127.0.0.2:0": true,
		"0.0.0.0:0": false, ":0": false, "[::]:0": false, "192.0.2.7:0": false, "db.localhost:0": false, "localhost.example.org:0": false, "localhost": false,
	} {
		l, err := lambda.Listen(t.Context(), address)
		if err == nil {
			l.Close()
		}
		if (err == nil) != want || !want && cruddur.KindOf(err) != cruddur.KindInvalid {
			t.Errorf("Listen(%q) = %v, want %v", address, err, want)
		}
	}
}
