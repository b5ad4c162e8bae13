package store

import "gatehouse/models"

// Query asks for a page of a list. Its zero value is the whole list in its own order.
type Query struct {
	Filters   []Filter
	Search    []string // every term must occur in one of the list's text columns, whatever its case
	Order     []Order  // a tie is decided by id
	Limit     int      // 0: no limit
	Offset    int
	SkipCount bool
	CountTo   int          // where a count would take reading, it ends after so many; 0: never
	LastUse   LastUse      // of tokens
	Sees      models.Sight // of which related rows Filters and Order may tell; zero: of next to none (ADR 0015)
}

// Filter is one condition. Field may be a path to a related row's field: "user__username"; with the lookup "search" it is one to a
// relation. Filters on the rows at the far end of one relation are about the same row, unless one of the last three is set.
type Filter struct {
	Field  string
	Lookup string // "" is exact
	Value  string
	Not    bool
	Or     bool // all filters with Or make one group of alternatives
	Chain  bool // stands for itself; goes before Or
}

// Order is one sort key.
type Order struct {
	Field      string
	Descending bool
}

// Page is a page of a list with the number of rows in the whole list, -1 when it was not counted.
type Page[T any] struct {
	Rows  []T
	Count int64
	More  bool // counting ended at Count, as the query asked
}

// QueryError says what is wrong with a Query. Secret fields cannot be filtered or sorted by.
type QueryError struct {
	Field   string
	Message string
	Secret  bool
}

// Error is the message.
func (e *QueryError) Error() string { return e.Message }
