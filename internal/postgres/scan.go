package postgres

import (
	"github.com/jackc/pgx/v5/pgtype"

	"cruddur"
)

// nullUUID scans a uuid column; null is the nil UUID.
type nullUUID cruddur.UUID

// ScanUUID implements pgtype.UUIDScanner.
func (n *nullUUID) ScanUUID(v pgtype.UUID) error {
	*n = nullUUID(v.Bytes)
	if !v.Valid {
		*n = nullUUID{}
	}
	return nil
}
