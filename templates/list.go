package templates

import (
	"maps"
	"net/url"
	"strconv"
)

// The keys of a list's address that are no filters.
const (
	keyOrder  = "order_by"
	keyNumber = "page"
	keySize   = "page_size"
)

// List is the state of a list that its address holds, and how long it is. The address of a list has these keys: search, the names of
// its filters, order_by (a column, with "-" before it for descending), page (from 1), page_size.
type List struct {
	Path   string     // "/tokens"
	Query  url.Values // as asked, without keys and values that mean nothing here
	Order  string     // as order_by, also where the address has none
	Count  int64      // of all rows that match
	Number int64      // of this page, from 1
	Size   int64      // rows a page
	More   bool       // there are more than Count
}

// Value is the value of a key in the address, "" without one.
func (l List) Value(key string) string { return l.Query.Get(key) }

// With is the address of the same list with one key changed, or dropped where value is "". It leads to the first page.
func (l List) With(key, value string) string {
	query := maps.Clone(l.Query)
	if query == nil {
		query = url.Values{}
	}
	query.Del(keyNumber)
	query.Set(key, value)
	if value == "" {
		query.Del(key)
	}
	if len(query) == 0 {
		return l.Path
	}
	return l.Path + "?" + query.Encode()
}

// Filtered reports whether the list is narrowed by a search or a filter.
func (l List) Filtered() bool {
	for key := range l.Query {
		if key != keyOrder && key != keyNumber && key != keySize && l.Value(key) != "" {
			return true
		}
	}
	return false
}

// Cleared is the address of the list without search and filters.
func (l List) Cleared() string {
	cleared := List{Path: l.Path, Query: url.Values{}}
	if size := l.Value(keySize); size != "" {
		cleared.Query.Set(keySize, size)
	}
	return cleared.With(keyOrder, l.Value(keyOrder))
}

// Export is the address of all of the list, whatever the page, as a file: "csv" or "json".
func (l List) Export(format string) string {
	file := List{Path: l.Path + "/export." + format, Query: maps.Clone(l.Query)}
	delete(file.Query, keySize)
	return file.With(keyNumber, "")
}

// First and Last are the numbers of the first and the last row of this page, from 1; both are 0 where there is none.
func (l List) First() int64 {
	if l.Count == 0 {
		return 0
	}
	return (l.Number-1)*l.Size + 1
}

// Last is explained at First.
func (l List) Last() int64 {
	if l.More {
		return l.Number * l.Size
	}
	return min(l.Number*l.Size, l.Count)
}

// Counted is Count as it is written: "1,284", or "10,000+" where there are more.
func (l List) Counted() string { return number(l.Count) + either(l.More, "+", "") }

// Pages is how many pages there are, at least 1.
func (l List) Pages() int64 {
	if l.Size <= 0 || l.Count == 0 {
		return 1
	}
	return (l.Count + l.Size - 1) / l.Size
}

// Previous is the address of the page before, "" on the first.
func (l List) Previous() string {
	switch {
	case l.Number <= 1:
		return ""
	case l.Number == 2:
		return l.With(keyNumber, "")
	}
	return l.With(keyNumber, strconv.FormatInt(l.Number-1, 10))
}

// Next is the address of the page after, "" on the last.
func (l List) Next() string {
	if l.Number >= l.Pages() && !l.More {
		return ""
	}
	return l.With(keyNumber, strconv.FormatInt(l.Number+1, 10))
}

// PageSize is a number of rows a page that can be chosen.
type PageSize struct {
	Rows    int64
	Address string
	Current bool
}

// Sizes are the numbers of rows a page that can be chosen; none where all rows fit on the smallest.
func (l List) Sizes() []PageSize {
	if l.Count <= 25 {
		return nil
	}
	var sizes []PageSize
	for _, rows := range []int64{25, 50, 100, 200} {
		sizes = append(sizes, PageSize{rows, l.With(keySize, strconv.FormatInt(rows, 10)), rows == l.Size})
	}
	return sizes
}

// Head is the head of a column that the list can be sorted by.
type Head struct {
	Label   string
	Address string // of the list sorted by this column, the other way round if it is already
	Sorted  string // "ascending", "descending", or "" where the list is sorted by another column
	Wide    bool   // left out where the screen is of middle width
}

// WhereWide leaves the column out where the screen is of middle width.
func (h Head) WhereWide() Head { h.Wide = true; return h }

// Head makes the head of the column that order_by calls key.
func (l List) Head(key, label string) Head {
	switch l.Order {
	case key:
		return Head{Label: label, Address: l.With(keyOrder, "-"+key), Sorted: "ascending"}
	case "-" + key:
		return Head{Label: label, Address: l.With(keyOrder, key), Sorted: "descending"}
	default:
		return Head{Label: label, Address: l.With(keyOrder, key)}
	}
}

// Filter is a filter of the list, chosen from a few values or typed.
type Filter struct {
	Name    string
	Label   string
	Value   string
	Any     string // how "not filtered" is called
	Choices []Choice
	Day     bool // a date is chosen
}

// OfDays makes it a date.
func (f Filter) OfDays() Filter { f.Day = true; return f }

// Filter makes the filter with that name.
func (l List) Filter(name, label, any string) Filter {
	return Filter{Name: name, Label: label, Value: l.Value(name), Any: any, Choices: filterChoices[name]}
}

// filterChoices are the words that the addresses of lists use.
var filterChoices = map[string][]Choice{
	"platform": {{"gateway", "Platform gateway"}, {"controller", "Automation controller"}},
	"kind":     {{"personal", "Personal"}, {"application", "Application"}},
	"state":    {{"active", "Active"}, {"expiring", "Expires soon"}, {"expired", "Expired"}},
	"use":      {{UseNever, "Never used"}},
	"type":     {{"superuser", "System administrator"}, {"auditor", "Platform auditor"}, {"normal", "Normal user"}},
	"active":   {{"true", "Active"}, {"false", "Disabled"}},
	"about": {{AboutApplicationsAndTokens, "Applications and tokens"}, {AboutAccessTokens, "Access tokens"}, {AboutRefreshTokens, "Refresh tokens"},
		{AboutApplications, "Applications"}, {AboutUsers, "Users"}, {AboutOrganizations, "Organizations"}, {AboutSessions, "Sessions"}, {AboutSettings, "Settings"}},
	"operation": {{"create", "Created"}, {"update", "Changed"}, {"delete", "Deleted"}, {"associate", "Added"}, {"disassociate", "Removed"},
		{"sign_in", "Signed in"}, {"sign_out", "Signed out"}},
}
