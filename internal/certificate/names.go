package certificate

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/idna"
)

// ParseDomain returns a domain as certificates name it: in lower case, in Punycode, without a dot at the end.
func ParseDomain(s string) (string, error) {
	name, err := idna.Lookup.ToASCII(strings.TrimSuffix(s, "."))
	if err != nil || strings.ContainsAny(s, ":/*@") {
		return "", errors.New("want a domain such as cruddur.example, without https:// and without a port")
	}
	long := slices.ContainsFunc(strings.Split(name, "."), func(label string) bool { return label == "" || len(label) > 63 }) || len(name) > 253
	if _, err := netip.ParseAddr(name); err == nil || !strings.Contains(name, ".") || long {
		return "", errors.New("want a domain that others can look up, such as cruddur.example")
	}
	return name, nil
}

// The names in the store. A certificate of a test directory is not one of the real directory, so the directory's
// host is in the name. There is one challenge at a time, because orders are made under a lock.

func (k *Keeper) accountName() string     { return "account_" + k.host() }
func (k *Keeper) certificateName() string { return "certificate_" + k.c.Domain + "_" + k.host() }
func (k *Keeper) challengeName(kind string) string {
	return "challenge_" + k.c.Domain + "_" + kind
}

func (k *Keeper) host() string {
	u, err := url.Parse(k.c.Directory)
	if err != nil {
		return "unknown"
	}
	return strings.ReplaceAll(strings.ToLower(u.Host), ":", "_")
}

// encode writes a private key and its certificates as PEM.
func encode(key crypto.Signer, chain [][]byte) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.Write(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	for _, c := range chain {
		b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c}))
	}
	return b.Bytes(), nil
}

// decode reads what encode has written, and wants a certificate of the domain.
func decode(content []byte, domain string) (*tls.Certificate, error) {
	cert, err := tls.X509KeyPair(content, content)
	if err != nil {
		return nil, err
	}
	if cert.Leaf == nil {
		return nil, errors.New("there is no certificate in it")
	}
	return &cert, cert.Leaf.VerifyHostname(domain)
}

// decodeKey reads a private key that encode has written without certificates.
func decodeKey(content []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(content)
	if block == nil {
		return nil, errors.New("it is not PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a %T cannot sign", key)
	}
	return signer, nil
}

func newKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }
