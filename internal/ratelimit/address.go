package ratelimit

import (
	"net/netip"
	"time"
)

// networks are the parts of an IPv6 address that count, and how many times the allowance of one client
// each has. A provider gives a customer a /64 at the least, mostly a /56 and sometimes a /48 (RFC 6177),
// so whoever has many /64s must not have as many allowances. Several customers may share the wider
// networks, so those have more.
var networks = [...]struct{ bits, times int }{{64, 1}, {56, 4}, {48, 16}}

// nat64 holds IPv4 addresses as a translator to IPv6 writes them (RFC 6052).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// ByAddress appends one use of a rule by whoever has an address: by an IPv4 address, whichever way it is
// written, or by the /64, the /56 and the /48 of an IPv6 address. Without an address it is one use by
// all who have none.
func ByAddress(uses []Use, r Rule, a netip.Addr) []Use {
	a = a.Unmap().WithZone("")
	if nat64.Contains(a) {
		b := a.As16()
		a = netip.AddrFrom4([4]byte(b[12:]))
	}
	switch {
	case !a.IsValid():
		return append(uses, Use{Rule: r, Key: "unknown"})
	case a.Is4():
		return append(uses, Use{Rule: r, Network: netip.PrefixFrom(a, 32)})
	}
	for _, n := range networks {
		p, _ := a.Prefix(n.bits) // n.bits is at most 64, so Prefix cannot fail
		uses = append(uses, Use{Rule: r.Times(n.times), Network: p})
	}
	return uses
}

// Requests is a limit of requests in general: what one stranger's address has, what one member has, and
// what all members at one address have together, which is twice as much. Each has a table of its own.
type Requests struct{ stranger, member, address Rule }

// NewRequests returns the limit of that many requests in a time.
func NewRequests(name string, count int, per time.Duration) Requests {
	return Requests{
		stranger: Rule{name, count, per},
		member:   Rule{name + "_member", count, per},
		address:  Rule{name + "_member_address", 2 * count, per},
	}
}

// Uses appends those that one request counts: the member's, who may be at many addresses, and those of
// the address, where there may be many members. member is "" for a stranger.
func (q Requests) Uses(uses []Use, member string, a netip.Addr) []Use {
	if member == "" {
		return ByAddress(uses, q.stranger, a)
	}
	return append(ByAddress(uses, q.address, a), Use{Rule: q.member, Key: member})
}

// MostUses is how many uses a request counts at most: those of a member at an IPv6 address. Whoever has
// room for them on the stack leaves no garbage.
const MostUses = len(networks) + 1
