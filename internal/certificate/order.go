package certificate

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/crypto/acme"

	"cruddur"
)

const (
	byHTTP = "http-01"     // RFC 8555, 8.3: a file on port 80
	byALPN = "tls-alpn-01" // RFC 8737: a certificate on port 443
)

// order gets a new certificate from the authority, keeps it and uses it.
func (k *Keeper) order(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, orderTime)
	defer cancel()
	k.c.Log.Info("ordering a certificate", "domain", k.c.Domain, "directory", k.c.Directory)
	client, err := k.client(ctx)
	if err != nil {
		return err
	}
	defer client.HTTPClient.CloseIdleConnections()
	order, err := client.AuthorizeOrder(ctx, acme.DomainIDs(k.c.Domain))
	if err != nil {
		return fmt.Errorf("order a certificate: %w", err)
	}
	for _, url := range order.AuthzURLs {
		if err := k.prove(ctx, client, url); err != nil {
			return err
		}
	}
	if order, err = client.WaitOrder(ctx, order.URI); err != nil {
		return fmt.Errorf("wait for the order: %w", err)
	}
	key, err := newKey()
	if err != nil {
		return err
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{k.c.Domain}}, key)
	if err != nil {
		return err
	}
	chain, _, err := client.CreateCertFromOrder(ctx, order, request, true)
	if err != nil {
		return fmt.Errorf("fetch the certificate: %w", err)
	}
	return k.take(ctx, key, chain)
}

// take keeps a new certificate and uses it then, also if the server is just told to stop: the authority limits how many
// it gives. If it cannot be kept, it is used all the same.
func (k *Keeper) take(ctx context.Context, key crypto.Signer, chain [][]byte) error {
	content, err := encode(key, chain)
	if err != nil {
		return err
	}
	cert, err := decode(content, k.c.Domain)
	if err != nil {
		return fmt.Errorf("the authority's certificate: %w", err)
	}
	keeping, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeRetry)
	defer cancel()
	err = k.store.Keep(keeping, k.certificateName(), content, k.now())
	k.current.Store(cert)
	k.c.Log.Info("there is a new certificate", "domain", k.c.Domain, "issuer", cert.Leaf.Issuer.CommonName, "until", cert.Leaf.NotAfter)
	if err != nil {
		k.c.Log.Error("the new certificate could not be kept, so the next start orders another one", "domain", k.c.Domain, "err", err)
	}
	return nil
}

// client returns a client of the directory whose account is registered.
func (k *Keeper) client(ctx context.Context) (*acme.Client, error) {
	key, made, err := k.accountKey(ctx)
	if err != nil {
		return nil, fmt.Errorf("the key of the account: %w", err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = &tls.Config{RootCAs: k.c.Roots, MinVersion: tls.VersionTLS12}
	client := &acme.Client{
		Key: key, DirectoryURL: k.c.Directory, UserAgent: k.c.Agent, RetryBackoff: retryIn,
		HTTPClient: &http.Client{Transport: transport, Timeout: 30 * time.Second},
	}
	account := &acme.Account{}
	if k.c.Email != "" {
		account.Contact = []string{"mailto:" + k.c.Email}
	}
	_, err = client.Register(ctx, account, func(terms string) bool {
		if made {
			k.c.Log.Info("accepting the authority's terms, as starting with a domain does", "terms", terms)
		}
		return true
	})
	if err != nil && !errors.Is(err, acme.ErrAccountAlreadyExists) {
		return nil, fmt.Errorf("register the account: %w", err)
	}
	return client, nil
}

// retryIn says how soon one request is repeated. The whole order is repeated much later, by pause; in particular
// an authority that says "too many requests" is not asked again here.
func retryIn(n int, _ *http.Request, res *http.Response) time.Duration {
	if n > 5 || res != nil && res.StatusCode == http.StatusTooManyRequests {
		return -1
	}
	return time.Duration(n) * time.Second / 4
}

// accountKey returns the key of the account; made says that there was none before.
func (k *Keeper) accountKey(ctx context.Context) (key crypto.Signer, made bool, err error) {
	content, err := k.kept(ctx, k.accountName())
	if err == nil {
		key, err = decodeKey(content)
		return key, false, err
	}
	if cruddur.KindOf(err) != cruddur.KindNotFound {
		return nil, false, err
	}
	if key, err = newKey(); err != nil {
		return nil, false, err
	}
	if content, err = encode(key, nil); err != nil {
		return nil, false, err
	}
	return key, true, k.store.Keep(ctx, k.accountName(), content, k.now())
}

// prove shows the authority that the domain leads to a server of ours. After a failure the next order is proved
// in the other way: one of the two ports may be closed on the way here.
func (k *Keeper) prove(ctx context.Context, client *acme.Client, url string) error {
	authorization, err := client.GetAuthorization(ctx, url)
	if err != nil {
		return fmt.Errorf("what is to be proved: %w", err)
	}
	if authorization.Status == acme.StatusValid { // from an earlier order
		return nil
	}
	challenge := k.choose(authorization.Challenges)
	if challenge == nil {
		return fmt.Errorf("the authority accepts neither %s nor %s for %s", byHTTP, byALPN, k.c.Domain)
	}
	name := k.challengeName(challenge.Type)
	answer, err := k.answer(client, challenge)
	if err == nil {
		err = k.store.Keep(ctx, name, answer, k.now())
	}
	if err != nil {
		return fmt.Errorf("keep the answer to %s: %w", challenge.Type, err)
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeRetry)
		defer cancel()
		_ = k.store.Forget(ctx, name) // the next order replaces it
	}()
	if _, err = client.Accept(ctx, challenge); err == nil {
		_, err = client.WaitAuthorization(ctx, authorization.URI)
	}
	if err != nil {
		k.byALPN = challenge.Type == byHTTP
		return fmt.Errorf("prove by %s that %s leads here: %w", challenge.Type, k.c.Domain, err)
	}
	return nil
}

// choose returns the challenge to answer, or nil if there is none that can be answered.
func (k *Keeper) choose(challenges []*acme.Challenge) (chosen *acme.Challenge) {
	wanted := byHTTP
	if k.byALPN {
		wanted = byALPN
	}
	for _, c := range challenges {
		if c.Type == wanted || chosen == nil && (c.Type == byHTTP || c.Type == byALPN) {
			chosen = c
		}
	}
	return chosen
}

// answer returns what a server must answer to a challenge: for http-01 the token and the answer, for tls-alpn-01 a
// certificate.
func (k *Keeper) answer(client *acme.Client, challenge *acme.Challenge) ([]byte, error) {
	if challenge.Type == byHTTP {
		text, err := client.HTTP01ChallengeResponse(challenge.Token)
		return []byte(challenge.Token + "\n" + text), err
	}
	cert, err := client.TLSALPN01ChallengeCert(challenge.Token, k.c.Domain)
	if err != nil {
		return nil, err
	}
	return encode(cert.PrivateKey.(crypto.Signer), cert.Certificate)
}
