package request

import (
	"strconv"
	"strings"
)

// AcceptsGzip reads the Accept-Encoding lines of a request (RFC 9110, 12.5.3): gzip, or any coding (*) if gzip is not
// named; a weight of 0 refuses the coding.
func AcceptsGzip(lines []string) bool {
	any := false
	for _, line := range lines {
		for element := range strings.SplitSeq(line, ",") {
			name, parameter, _ := strings.Cut(element, ";")
			switch name = strings.TrimSpace(name); {
			case strings.EqualFold(name, "gzip"), strings.EqualFold(name, "x-gzip"):
				return !refused(parameter)
			case name == "*":
				any = !refused(parameter)
			}
		}
	}
	return any
}

// refused reports whether a parameter is a weight of 0. A malformed weight does not count.
func refused(parameter string) bool {
	k, v, _ := strings.Cut(strings.TrimSpace(parameter), "=")
	q, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
	return strings.EqualFold(strings.TrimSpace(k), "q") && err == nil && q <= 0
}
