package request

import "cruddur/internal/localhost"

// LocalHost reports whether a host, with or without a port, is a name of this machine for itself.
func LocalHost(host string) bool { return localhost.IsRequest(host) }
