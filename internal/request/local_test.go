package request_test

import (
	"testing"

	"cruddur/internal/request"
)

func TestLocalHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"127.0.0.1:4567": true, "localhost:4567": true, "[::1]:4567": true, "::1": true, "[::ffff:127.0.0.1]": true, "LOCALHOST": true, "localhost.": true,
		"cruddur.localhost": true, "127.9.9.9": true, "": false, "192.0.2.1": false, "evil.example:4567": false,
		"localhost.evil.example": false, "0.0.0.0": false, "127.0.0.1.evil.example": false,
	} {
		if got := request.LocalHost(host); got != want {
			t.Errorf("LocalHost(%q) = %v, want %v", host, got, want)
		}
	}
}
