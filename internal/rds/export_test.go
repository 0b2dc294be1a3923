package rds

import "time"

// For tests.
var (
	SetField     = setField
	Explain      = explain
	BundleSHA256 = bundleSHA256
)

// Settle sets how long a pending password is kept.
func Settle(c Credentials, d time.Duration) { c.(*secret).settle = d }
