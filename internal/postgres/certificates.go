package postgres

import (
	"context"
	"time"
)

// CertificateStore keeps certificates and their private keys in the database, for all servers that use it. Dumps
// leave them out.
type CertificateStore struct{ db *DB }

// CertificateStore returns the store of certificates in this database.
func (d *DB) CertificateStore() CertificateStore { return CertificateStore{d} }

// Kept returns the content under a name; KindNotFound if there is none.
func (s CertificateStore) Kept(ctx context.Context, name string) (content []byte, err error) {
	err = s.db.queryRow(ctx, "certificates/get", args{"name": name}, &content)
	return content, err
}

// Keep stores content under a name, in place of what was there.
func (s CertificateStore) Keep(ctx context.Context, name string, content []byte, now time.Time) error {
	_, err := s.db.exec(ctx, "certificates/put", args{"name": name, "content": content, "now": micro(now)})
	return err
}

// Forget deletes what is under a name, if there is anything.
func (s CertificateStore) Forget(ctx context.Context, name string) error {
	_, err := s.db.exec(ctx, "certificates/remove", args{"name": name})
	return err
}
