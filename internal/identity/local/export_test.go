package local

// OnHash calls f for each run of argon2.
func OnHash(p *Provider, f func()) { p.hasher.count = f }

// HoldHashes takes every slot for hashing and returns what gives them back.
func HoldHashes(p *Provider) (release func()) {
	for range cap(p.hasher.slots) {
		p.hasher.slots <- struct{}{}
	}
	return func() {
		for range cap(p.hasher.slots) {
			<-p.hasher.slots
		}
	}
}

// CheapHash is a PHC string with less than today's cost.
func CheapHash(password string) string {
	was := present
	present = params{memory: 64, time: 1, threads: 1}
	defer func() { present = was }()
	return newHasher(1, 0).hashHeld(password)
}

// AddressHash is the key under which an address's failures are counted.
var AddressHash = addressHash
