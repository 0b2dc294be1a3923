package api_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"cruddur"
	"cruddur/internal/ratelimit"
)

// The documents say how often a member may do something, and how much of a thread is answered.
func TestLimitsAreDocumented(t *testing.T) {
	t.Parallel()
	posts, likes, follows, writes := ratelimit.Posts.Count, ratelimit.Likes.Count, ratelimit.Follows.Count, ratelimit.Writes.Count
	for _, r := range []ratelimit.Rule{ratelimit.Posts, ratelimit.Likes, ratelimit.Follows, ratelimit.Writes, ratelimit.Messages} {
		if r.Per != 5*time.Minute {
			t.Errorf("%s is counted in %v, and the documents say five minutes", r.Name, r.Per)
		}
	}
	for file, sentences := range map[string][]string{
		"openapi.yaml": {
			fmt.Sprintf("A member may post %d times in five minutes.", posts), fmt.Sprintf("Counts as a post: %d in five minutes.", posts),
			fmt.Sprintf("like, repost and take back %d times in five minutes", likes), fmt.Sprintf("follow or stop following %d times in five minutes", follows),
			fmt.Sprintf("may do this %d times in five minutes", writes),
			fmt.Sprintf("may report %d times in an hour", ratelimit.Reports.Count),
			fmt.Sprintf("may send %d messages in five minutes, and write to %d members for the first time in an hour", ratelimit.Messages.Count, ratelimit.Conversations.Count),
		},
		"../../docs/api.md": {
			fmt.Sprintf("may report %d times in an hour", ratelimit.Reports.Count),
			fmt.Sprintf("In five minutes a member may post and reply %d times together, like, repost and take back %d times together, "+
				"follow and stop following %d times, and move ends %d times", posts, likes, follows, writes),
			fmt.Sprintf("has pages of %d and", cruddur.ThreadPageSize), fmt.Sprintf("at most the nearest %d.", cruddur.MaxAncestors),
			fmt.Sprintf("A count of %d means", cruddur.MostCounted), "A reply is up to 1,024 code points",
			fmt.Sprintf("A member may send %d messages in five minutes, and write to %d members for the first time in an hour", ratelimit.Messages.Count, ratelimit.Conversations.Count),
		},
		"../../docs/accounts.md": {
			fmt.Sprintf("post and reply %d times together, like, repost and take back %d times together, and follow or stop following %d times", posts, likes, follows),
		},
	} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Join(strings.Fields(string(b)), " ")
		for _, want := range sentences {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q", file, want)
			}
		}
	}
	if cruddur.MaxReply != 1024 || cruddur.MaxPrivateMessage != 1024 || cruddur.MaxUnanswered != 5 || ratelimit.Conversations.Per != time.Hour || ratelimit.Reports.Per != time.Hour {
		t.Error("docs/api.md says 1,024, five and an hour")
	}
}
