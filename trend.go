package cruddur

// Trend is a tag that members talk about.
type Trend struct {
	Tag     string // in its normal form
	Authors int    // members who used it in its newest visible activities, of which a hundred are read
}

// MostTrends is the most tags that are considered as trends, and MinTrendAuthors the least number of members who
// make a tag one.
const (
	MostTrends      = 20
	MinTrendAuthors = 3
)
