package cruddur

// The lengths of a page of activities: the home feed's, a profile's over the API, and the longest of all.
const (
	PageSize        = 20
	ProfilePageSize = 40
	MaxPageSize     = 100
)

// PageSizes are the lengths of a page that have a statement, a kept list and kept bytes of their own; a
// page of another length is cut from the next longer one.
var PageSizes = [...]int{PageSize, ProfilePageSize, MaxPageSize}

// PageSlot is the place in PageSizes of the shortest page that holds so many activities, else of the longest.
func PageSlot(limit int) int {
	for i, n := range PageSizes {
		if limit <= n {
			return i
		}
	}
	return len(PageSizes) - 1
}
