package certificate

import "time"

// SetNow replaces the keeper's clock.
func (k *Keeper) SetNow(now func() time.Time) { k.now = now }

// SetPause replaces the pauses after failures.
func (k *Keeper) SetPause(pause func(int, error) time.Duration) { k.pause = pause }

// Pause is the pause after a number of failures.
var Pause = pause

// RenewAt is when a certificate should be renewed.
var RenewAt = renewAt
