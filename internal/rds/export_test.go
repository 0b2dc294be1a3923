package rds

// For tests.
var (
	SetField     = setField
	Explain      = explain
	BundleSHA256 = bundleSHA256
)
