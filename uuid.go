package cruddur

import (
	"encoding/hex"
	"time"
)

// UUID identifies a row. The database generates it (RFC 9562, version 7), so a later row has a greater UUID, and a
// feed can be ordered and paged by UUID alone.
type UUID [16]byte

// MaxUUID is greater than every UUID that the database generates. As a cursor it means the first page.
var MaxUUID = UUID{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// IsZero reports whether u is the nil UUID. No row has it.
func (u UUID) IsZero() bool { return u == UUID{} }

// String returns the canonical text, 36 characters in lower case.
func (u UUID) String() string { return string(u.AppendText(make([]byte, 0, 36))) }

// AppendText appends the canonical text to b.
func (u UUID) AppendText(b []byte) []byte {
	for i, n := range [...]int{4, 6, 8, 10, 16} {
		if i > 0 {
			b = append(b, '-')
		}
		from := [...]int{0, 4, 6, 8, 10}[i]
		b = hex.AppendEncode(b, u[from:n])
	}
	return b
}

// ParseUUID reads the canonical form, in either case; anything else is KindNotFound, because no row can have it.
func ParseUUID(s string) (UUID, error) {
	var u UUID
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return u, NewError(KindNotFound)
	}
	var digits [32]byte
	n := 0
	for i := range len(s) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			continue
		}
		digits[n] = s[i]
		n++
	}
	if _, err := hex.Decode(u[:], digits[:]); err != nil {
		return UUID{}, NewError(KindNotFound)
	}
	return u, nil
}

// UUIDAfter returns a UUID that is greater than that of every row made up to this instant, to the microsecond, and less
// than that of every later row.
func UUIDAfter(at time.Time) UUID {
	us := uint64(at.UnixMicro())
	ms, part := us/1000, us%1000*4096/1000 // as the database's uuid_v7 does
	u := MaxUUID
	for i := range 6 {
		u[i] = byte(ms >> (40 - 8*i))
	}
	u[6], u[7] = 0x70|byte(part>>8), byte(part)
	return u
}

// Time returns the instant, to the microsecond, at which the database generated u.
func (u UUID) Time() time.Time {
	var ms int64
	for _, b := range u[:6] {
		ms = ms<<8 | int64(b)
	}
	part := int64(u[6]&0x0f)<<8 | int64(u[7])
	return time.UnixMicro(ms*1000 + (part*1000+4095)/4096).UTC() // uuid_v7 rounds down
}
