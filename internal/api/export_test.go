package api

// Routes lists what is served, as METHOD path.
func Routes() []string {
	var out []string
	for _, r := range (&api{}).table() {
		out = append(out, r.method+" "+r.path)
	}
	return out
}

// For the tests of what reads bytes from outside.
var (
	AppendString     = appendString
	AppendTime       = appendTime
	AppendActivities = appendActivities
	Bearer           = bearer
	IdempotencyKey   = idempotencyKey
	Decode           = decode
	ParseLimit       = parseLimit
	Matches          = matches
	Origin           = origin
)
