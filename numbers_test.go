package cruddur_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cruddur"
)

// The numbers of the product are defined in the root package. Copies in another language must be equal.
func TestNumbersAreTheSameEverywhere(t *testing.T) {
	t.Parallel()
	var names []string
	for _, p := range cruddur.Presets {
		names = append(names, string(p.TTL))
	}
	says := func(format string, args ...any) string { return fmt.Sprintf(format, args...) }
	for file, sentences := range map[string][]string{
		"internal/postgres/schema.sql": {
			says("(char_length(message) <= %d)", cruddur.MaxMessage), says("(char_length(message) <= %d)", cruddur.MaxReply),
			says("(char_length(display_name) <= %d)", cruddur.MaxDisplayName), says("(char_length(bio) <= %d)", cruddur.MaxBio),
			says("(char_length(email) <= %d)", cruddur.MaxEmail), says("[a-z0-9_]{1,%d}$", cruddur.MaxHandle-1),
			says("(char_length(idempotency_key) <= %d)", cruddur.MaxIdempotencyKey),
			says("(created_at + '%d:00:00'::interval)", int(cruddur.MaxLife.Hours())),
		},
		"internal/postgres/sql/*/*.sql": {
			says("c.unanswered >= %d", cruddur.MaxUnanswered), says("limit %d ", cruddur.MostUnread), says("+ interval '%d hours'", int(cruddur.QuietLife.Hours())),
		},
		"internal/postgres/migrations/*.sql": {
			says("char_length(message) between 1 and %d)", cruddur.MaxPrivateMessage), says("check (unanswered between 0 and %d)", cruddur.MaxUnanswered),
			says("then %d else %d end", cruddur.MaxMessage, cruddur.MaxReply),
			says("char_length(idempotency_key) between 1 and %d", cruddur.MaxIdempotencyKey),
			says("interval '%d hours'", int(cruddur.MaxLife.Hours())),
		},
		"internal/api/openapi.yaml": {
			says("1 to %d code points", cruddur.MaxMessage), says("message: {type: string, minLength: 1, maxLength: %d}", cruddur.MaxReply),
			says("display_name: {type: string, minLength: 1, maxLength: %d}", cruddur.MaxDisplayName), says("bio: {type: string, maxLength: %d}", cruddur.MaxBio),
			says("a quoted string of 1 to %d printable", cruddur.MaxIdempotencyKey), says("maxLength: %d, pattern: '^\".+\"$'", 2+2*cruddur.MaxIdempotencyKey),
			says("default: %d}", cruddur.PageSize), says("More than %[1]d counts as %[1]d.", cruddur.MaxPageSize), says("At most %d cruds", cruddur.ProfilePageSize),
			says("More than %[1]d counts as %[1]d.", cruddur.ProfilePageSize), says("default: %d}", cruddur.ProfilePageSize),
			says("replies: {type: array, maxItems: %d", cruddur.ThreadPageSize), says("oldest first, at most %d;", cruddur.ThreadPageSize),
			says("ancestors: {type: array, maxItems: %d", cruddur.MaxAncestors), says("at most the nearest %d.", cruddur.MaxAncestors),
			says("maximum: %[1]d, description: %[1]d means %[1]d or more.}", cruddur.MostCounted),
			"enum: [" + strings.Join(names, ", ") + "]",
		},
		"internal/api/docs.html": {
			says("1 to %d code points", cruddur.MaxMessage), says("a quoted string of 1 to %d printable", cruddur.MaxIdempotencyKey), strings.Join(names, ", "),
		},
		"docs/api.md": {
			says("`limit` is 1 to %[2]d (%[1]d where it is missing; more is %[2]d", cruddur.PageSize, cruddur.MaxPageSize),
			says("at most %d", cruddur.ProfilePageSize), says("a quoted string of 1 to %d printable", cruddur.MaxIdempotencyKey),
			"`" + strings.Join(names, " ") + "`",
		},
	} {
		text := ""
		paths, err := filepath.Glob(file)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %v", file, err)
		}
		for _, path := range paths {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			text += strings.Join(strings.Fields(string(b)), " ") + "\n"
		}
		for _, want := range sentences {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q", file, want)
			}
		}
	}
}

// The pages, their script and their texts take the maximum message length from the program; none of them has a copy.
func TestPagesWriteNoNumbers(t *testing.T) {
	t.Parallel()
	number := regexp.MustCompile(fmt.Sprintf(`\b(%d|%d)\b`, cruddur.MaxMessage, cruddur.MaxReply))
	for _, pattern := range []string{"internal/web/*.go", "internal/web/static/*.js", "internal/web/templates/*.html"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") || strings.HasSuffix(path, "error.html") {
				continue
			}
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i, line := range strings.Split(string(b), "\n") {
				if number.MatchString(line) && !strings.Contains(line, `message_exceed_max_chars_1024`) && !strings.Contains(line, "<svg") {
					t.Errorf("%s:%d writes it by hand: %s", path, i+1, strings.TrimSpace(line))
				}
			}
		}
	}
}
