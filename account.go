package cruddur

import "time"

// Credentials are the stored sign-in data of an address. The zero UUID means that the address has no account.
type Credentials struct {
	Account            UUID
	Email              string // as the account keeps it
	DisplayName        string
	PasswordHash       string
	Suspended          bool
	SignUpPasswordHash string // of the newest sign-up that is not confirmed yet, or ""
}

// PendingSignUp is a sign-up that is not confirmed yet.
type PendingSignUp struct {
	UUID          UUID
	Email         string
	DisplayName   string
	Handle        string
	PasswordHash  string
	Taken         bool // the address had an account already: no code can ever confirm this
	CodeHash      []byte
	Invitation    UUID   // with which it was begun, or the nil UUID
	BrowserHash   []byte // hash of the secret in the browser where the sign-up began; nil for none
	CodeExpiresAt time.Time
	ExpiresAt     time.Time
	Tries         int
	CreatedAt     time.Time
}

// Recovery is the code for a new password. The zero Account means that the address has no account and that no code
// was sent.
type Recovery struct {
	Account  UUID
	CodeHash []byte
	Alive    bool
}

// TokenFamily is one signed-in program: all refresh tokens that descend from one sign-in.
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

// Issuer is an issuer name (the iss claim) under which this installation signs access tokens.
type Issuer struct {
	Name    string
	EndedAt time.Time // when another issuer replaced it; the zero time means that it is current
}

// BrowserSession is one browser that is signed in.
type BrowserSession struct {
	UUID       UUID
	CreatedAt  time.Time
	LastUsedAt time.Time
	UserAgent  string
	Address    string
}

// Member is a member as operators see it.
type Member struct {
	UUID        UUID
	Handle      string
	DisplayName string
	Email       string
	Subject     string
	CreatedAt   time.Time
	SuspendedAt time.Time // the zero time: not suspended
	SilencedAt  time.Time // the zero time: not silenced
	Role        Role
	HasAccount  bool // of the local identity
	Sessions    int
}
