package cruddur

import "time"

// Credentials are what an address can be signed in with. The zero UUID means that it has no account.
type Credentials struct {
	Account            UUID
	Email              string // as the account keeps it
	DisplayName        string
	PasswordHash       string
	Suspended          bool
	SignUpPasswordHash string // of the newest sign-up that waits for its code, or ""
}

// PendingSignUp is an attempt to sign up that waits for its code.
type PendingSignUp struct {
	UUID          UUID
	Email         string
	DisplayName   string
	Handle        string
	PasswordHash  string
	Taken         bool // the address had an account already: no code can ever confirm this
	CodeHash      []byte
	BrowserHash   []byte // of the secret that the browser keeps in which it was begun; nil for none
	CodeExpiresAt time.Time
	ExpiresAt     time.Time
	Tries         int
	CreatedAt     time.Time
}

// Recovery is the code for a new password. The zero Account means that the address has none, and that
// nobody knows the code.
type Recovery struct {
	Account  UUID
	CodeHash []byte
	Alive    bool
}

// TokenFamily is a program that is signed in.
type TokenFamily struct {
	UUID      UUID
	Account   UUID
	CreatedAt time.Time
}

// SigningKey is a key that signs access tokens, as PKCS #8.
type SigningKey struct {
	ID         string
	PrivateKey []byte
	CreatedAt  time.Time
}

// Issuer is a name under which this place issues access tokens.
type Issuer struct {
	Name    string
	EndedAt time.Time // since when another one is current; the zero time: this one
}

// BrowserSession is one browser that is signed in.
type BrowserSession struct {
	UUID       UUID
	CreatedAt  time.Time
	LastUsedAt time.Time
	UserAgent  string
	Address    string
}

// Member is what an operator sees of a member.
type Member struct {
	UUID        UUID
	Handle      string
	DisplayName string
	Email       string
	Subject     string
	CreatedAt   time.Time
	SuspendedAt time.Time // the zero time: not suspended
	HasAccount  bool      // of the local identity
	Sessions    int
}
