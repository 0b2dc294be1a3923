package postgres

import (
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"cruddur"
)

// pageTypes are the types of the columns of every page of activities, in the order of activityColumns.
var pageTypes = []uint32{
	pgtype.UUIDOID, pgtype.UUIDOID, pgtype.TextOID, pgtype.TextOID, pgtype.TextOID, pgtype.UUIDOID, pgtype.UUIDOID,
	pgtype.Int4OID, pgtype.Int4OID, pgtype.Int4OID, pgtype.TimestamptzOID, pgtype.TimestamptzOID,
	pgtype.Int2OID, pgtype.UUIDOID, pgtype.TextOID, pgtype.BoolOID,
}

// scanActivities appends every row to out. Rows in the protocol's binary format are read without pgx's plans
// and wrappers, which cost a page of 100 more than all other parts of reading it; other rows are scanned.
func scanActivities(rows pgx.Rows, out *[]cruddur.Activity) error {
	var row cruddur.Activity
	columns := activityColumns(&row) // only once: one slice for each row was a quarter of what a page allocates
	binary := isBinary(rows.FieldDescriptions())
	for rows.Next() {
		var err error
		if binary {
			err = readActivity(rows.RawValues(), &row)
		} else {
			err = rows.Scan(columns...)
		}
		if err != nil {
			return err
		}
		*out = append(*out, row)
	}
	return rows.Err()
}

func isBinary(columns []pgconn.FieldDescription) bool {
	return slices.EqualFunc(columns, pageTypes, func(c pgconn.FieldDescription, oid uint32) bool {
		return c.DataTypeOID == oid && (c.Format == pgx.BinaryFormatCode || oid == pgtype.TextOID) // a text's bytes are the same
	})
}

// epoch is PostgreSQL's zero for the microseconds of a timestamptz: 2000-01-01 (its source,
// datatype/timestamp.h), in Unix microseconds.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

func readActivity(v [][]byte, a *cruddur.Activity) error {
	for i, size := range [...]int{0: 16, 1: 16, 7: 4, 8: 4, 9: 4, 10: 8, 11: 8, 12: 2, 15: 1} {
		if size > 0 && len(v[i]) != size {
			return fmt.Errorf("column %d of an activity has %d bytes instead of %d", i, len(v[i]), size)
		}
	}
	*a = cruddur.Activity{
		UUID: cruddur.UUID(v[0]), UserUUID: cruddur.UUID(v[1]),
		Handle: string(v[2]), DisplayName: string(v[3]), Message: string(v[4]),
		RepliesCount: count(v[7]), RepostsCount: count(v[8]), LikesCount: count(v[9]),
		CreatedAt: instant(v[10]), ExpiresAt: instant(v[11]),
		PicturesCount: int16(binary.BigEndian.Uint16(v[12])),
		Warning:       string(v[14]), // null is none
		Silenced:      v[15][0] == 1,
	}
	copy(a.ReplyTo[:], v[5]) // null is the nil UUID
	copy(a.Root[:], v[6])
	copy(a.Avatar[:], v[13])
	return nil
}

func count(b []byte) int32 { return int32(binary.BigEndian.Uint32(b)) }

func instant(b []byte) time.Time {
	return time.UnixMicro(epoch + int64(binary.BigEndian.Uint64(b))).UTC()
}
