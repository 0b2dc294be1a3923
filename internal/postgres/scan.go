package postgres

import (
	"time"

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

// nullText scans a text column; null is "".
type nullText string

// ScanText implements pgtype.TextScanner.
func (n *nullText) ScanText(v pgtype.Text) error {
	*n = nullText(v.String)
	return nil
}

// nullTime scans a timestamptz column; null is the zero time.
type nullTime time.Time

// ScanTimestamptz implements pgtype.TimestamptzScanner.
func (n *nullTime) ScanTimestamptz(v pgtype.Timestamptz) error {
	*n = nullTime(v.Time)
	return nil
}
