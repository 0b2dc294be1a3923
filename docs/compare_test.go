package docs

import (
	"regexp"
	"strings"
)

// varies is what differs from run to run and from machine to machine, and what it is compared as.
var varies = []struct {
	pattern *regexp.Regexp
	as      string
}{
	{regexp.MustCompile(`\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`), "UUID"},
	{regexp.MustCompile(`\beyJ[\w-]+\.[\w-]+\.[\w-]+`), "TOKEN"},
	{regexp.MustCompile(`\b(x86_64|arm64)\b`), "PROCESSOR"},
	{regexp.MustCompile(`[A-Za-z0-9+/]{43}=`), "HASH"},
	{regexp.MustCompile(`UUID-\w{6}\b`), "UUID-SUFFIX"}, // of a secret's name at Amazon
	{regexp.MustCompile(`\b(sg|sgr|subnet|vpc|db)-([0-9a-f]{17}|[A-Z0-9]{26})\b`), "$1-ID"},
	{regexp.MustCompile(`\b(ca-central-1|local)_\w{8,}`), "POOL"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?( UTC|Z)?(\s+\d+$)?`), "TIME"}, // and the milliseconds in the last column
	{regexp.MustCompile(`\d{8}T\d{6}(\.\d+)?Z`), "TIME"},
	{regexp.MustCompile(`\b\d\d:\d\d:\d\d\b`), "TIME"},
	{regexp.MustCompile(`\b\d{4}-\d\d-\d\d\b`), "DATE"},
	{regexp.MustCompile(`\b(\d+(\.\d+)?(h|m|s|ms|µs))+\b|\b\d+(\.\d+)? (ms|s)\b`), "DURATION"},
	{regexp.MustCompile(`\b\d+(\.\d+)? (B|kB|MB|GB)\b`), "SIZE"},
	{regexp.MustCompile(`\b\d+(\.\d+)?%`), "PERCENT"},
	{regexp.MustCompile(`~\d[\d,]*|\b\d+ (transactions old|of the server's)`), "COUNT"},
	{regexp.MustCompile(`^(\s*sessions\s+)\d+$`), "${1}COUNT"}, // that of the command before may not have ended yet
	{regexp.MustCompile(`PostgreSQL \d+(\.\d+)?`), "PostgreSQL VERSION"},
	{regexp.MustCompile(`^(\s*|└─ )\d{3,7}(\s)`), "${1}PID$2"},
	{regexp.MustCompile(`\bpid \d+`), "PID"},
	{regexp.MustCompile(`127\.0\.0\.1:\d{5}\b`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`\s+`), " "},
}

func normal(line string) string {
	for _, v := range varies {
		line = v.pattern.ReplaceAllString(line, v.as)
	}
	return strings.TrimSpace(line)
}

// same reports whether a page's lines are what was printed. "…" alone on a line of the page stands for any
// number of lines, and within a line for any text.
func same(page, printed []string) bool {
	if len(page) == 0 {
		return len(printed) == 0
	}
	if strings.TrimSpace(page[0]) == "…" {
		for i := range len(printed) + 1 {
			if same(page[1:], printed[i:]) {
				return true
			}
		}
		return false
	}
	return len(printed) > 0 && sameLine(page[0], printed[0]) && same(page[1:], printed[1:])
}

func sameLine(page, printed string) bool {
	page, printed = normal(page), normal(printed)
	if page == printed {
		return true
	}
	parts := strings.Split(page, "…")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	return len(parts) > 1 && regexp.MustCompile("^"+strings.Join(parts, ".*")+"$").MatchString(printed)
}
