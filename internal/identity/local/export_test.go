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

// Cheap does what Config.Cheap does.
func Cheap(p *Provider) { p.hasher.cost = cheap }

// Dear undoes Cheap.
func Dear(p *Provider) { p.hasher.cost = present }

// AddressHash is the key under which an address's failures are counted.
var AddressHash = addressHash

// GenerateKey makes a signing key.
var GenerateKey = generateKey
