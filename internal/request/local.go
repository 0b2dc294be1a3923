package request

import "cruddur/internal/localhost"

// LocalHost reports whether a host, with or without a port, is a name that means this machine.
func LocalHost(host string) bool { return localhost.IsRequest(host) }
