package request_test

import (
	"testing"

	"cruddur/internal/request"
)

func TestAcceptsGzip(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"":                          false,
		"gzip":                      true,
		"GZIP":                      true,
		"x-gzip":                    true,
		"br, gzip":                  true,
		"gzip;q=0.001":              true,
		"gzip; q=1":                 true,
		"gzip;q=0":                  false,
		"gzip; Q=0.000":             false,
		"gzip;q=zero":               true,
		"gzip;level=0":              true,
		"*":                         true,
		"*;q=0":                     false,
		"br;q=1, *;q=0.5":           true,
		"gzip;q=0, *":               false,
		"*, gzip;q=0":               false,
		"*;q=0, gzip":               true,
		"identity":                  false,
		"gzipped":                   false,
		"deflate, br;q=0.9, zstd":   false,
		" gzip ;q=0.5 , br ; q=0.1": true,
	} {
		if got := request.AcceptsGzip([]string{header}); got != want {
			t.Errorf("AcceptsGzip(%q) = %v, want %v", header, got, want)
		}
	}
	if !request.AcceptsGzip([]string{"br", "gzip"}) || request.AcceptsGzip(nil) {
		t.Error("several lines are one list, and none is no gzip")
	}
}
