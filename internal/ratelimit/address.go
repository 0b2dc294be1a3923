package ratelimit

import (
	"net/netip"
	"time"
)

// networks are the prefix lengths of an IPv6 address that are counted, each with a multiple of one client's
// allowance. A provider gives a customer at least a /64, mostly a /56 and sometimes a /48 (RFC 6177), so a client
// with many /64s must not have as many allowances. Several customers may share a wider network, so it has a larger
// allowance.
var networks = [...]struct{ bits, times int }{{64, 1}, {56, 4}, {48, 16}}

// nat64 is the prefix of IPv4 addresses that a translator maps to IPv6 (RFC 6052).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// ByAddress appends one use of a rule by a client address: by an IPv4 address, in any spelling, or by the /64, the
// /56 and the /48 of an IPv6 address. All clients without an address share one key.
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

// Requests is a limit of all requests: one allowance for a stranger's address, one for a member, and a double one for
// all members at one address together. Each has its own table.
type Requests struct{ stranger, member, address Rule }

// NewRequests returns a limit of count requests per period.
func NewRequests(name string, count int, per time.Duration) Requests {
	return Requests{
		stranger: Rule{name, count, per},
		member:   Rule{name + "_member", count, per},
		address:  Rule{name + "_member_address", 2 * count, per},
	}
}

// Uses appends the uses of one request: that of the member, who may use many addresses, and those of the address,
// which many members may share. member is "" for a stranger.
func (q Requests) Uses(uses []Use, member string, a netip.Addr) []Use {
	if member == "" {
		return ByAddress(uses, q.stranger, a)
	}
	return append(ByAddress(uses, q.address, a), Use{Rule: q.member, Key: member})
}

// MostUses is the maximum number of uses of a request: those of a member at an IPv6 address. A caller can keep that
// many on the stack, without garbage.
const MostUses = len(networks) + 1
