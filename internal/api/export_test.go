package api

// Routes lists the routes, as METHOD path.
func Routes() []string {
	var out []string
	for _, r := range (&api{}).table() {
		out = append(out, r.method+" "+r.path)
	}
	return out
}

// Exported for the tests of the parsers.
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
