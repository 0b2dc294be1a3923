package cruddur

// The lengths of a page of activities: of the home feed, of a profile over the API, and the maximum.
const (
	PageSize        = 20
	ProfilePageSize = 40
	MaxPageSize     = 100
)

// PageSizes are the page lengths with their own statement, cached list and cached bytes. A page of another length is
// cut from the next longer one.
var PageSizes = [...]int{PageSize, ProfilePageSize, MaxPageSize}

// PageSlot returns the index in PageSizes of the shortest page that holds limit activities, or of the longest page if
// none does.
func PageSlot(limit int) int {
	for i, n := range PageSizes {
		if limit <= n {
			return i
		}
	}
	return len(PageSizes) - 1
}

// ThreadPageSize is the most replies on one page of a thread, and MaxAncestors the most activities above one.
const (
	ThreadPageSize = 200
	MaxAncestors   = 50
)
