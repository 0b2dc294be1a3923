package cruddur

import "time"

// Figures are what an operator wants to know about a place.
type Figures struct {
	Members   int64
	Suspended int64 // of the members
	Active    int64 // of the members: those whose browser was here in the last seven days
	Cruds     int64 // alive, without replies
	Replies   int64 // alive
	Bytes     int64 // of the database

	Tables  []TableSize // the ten largest
	SignUps []DayCount  // each day, the oldest first
}

// TableSize is the size of a table with its indexes.
type TableSize struct {
	Name  string
	Bytes int64
}

// DayCount counts something on one day in UTC.
type DayCount struct {
	Day   time.Time
	Count int64
}
