package api

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"gatehouse/store"
)

// listing is what a request says about a list: which rows, in which order, and which page of them (contract §2.1).
type listing struct {
	store.Query
	page, size int
	values     url.Values
}

// farthestPage keeps the offset within reach of every integer.
const farthestPage = 10_000_000

var (
	invalidPage = &problem{http.StatusNotFound, "Invalid page."}
	reserved    = map[string]bool{"page": true, "page_size": true, "format": true, "order": true, "order_by": true, "search": true, "type": true,
		"host_filter": true, "count_disabled": true, "no_truncate": true, "limit": true, "validate": true}
)

// listing reads the query string for a list of the type.
func (c *call) listing(objectType string) (*listing, error) {
	values, err := url.ParseQuery(c.gin.Request.URL.RawQuery)
	if err != nil {
		return nil, &problem{http.StatusBadRequest, "The query string cannot be read."}
	}
	l := &listing{values: values}
	if err := l.readPage(c.face); err != nil {
		return nil, err
	}
	if err := l.readOrder(c.face); err != nil {
		return nil, err
	}
	l.Search = store.SearchTerms(values.Get("search"))
	_, l.SkipCount = values["count_disabled"]
	if types := values.Get("type"); types != "" && !slices.Contains(strings.Split(types, ","), objectType) {
		l.narrow("id", "in", "0") // no row has this id
	}
	return l, l.readFilters(c.face)
}

func (l *listing) readPage(f *face) error {
	l.page, l.size = 1, f.pageSize
	if size, err := strconv.Atoi(l.values.Get("page_size")); err == nil && size > 0 {
		l.size = min(size, f.maxPageSize)
		if l.size != size && f.keepsFirstPage { // the controller clamps in its links as well
			l.values.Set("page_size", strconv.Itoa(l.size))
		}
	}
	if l.values.Has("page") {
		page, err := strconv.Atoi(l.values.Get("page"))
		if err != nil || page < 1 || page > farthestPage {
			return invalidPage
		}
		l.page = page
	}
	l.Limit, l.Offset = l.size, (l.page-1)*l.size
	return nil
}

func (l *listing) readOrder(f *face) error {
	for _, key := range []string{"order_by", "order"} {
		for each := range strings.SplitSeq(l.values.Get(key), ",") {
			field, descending := strings.CutPrefix(strings.TrimSpace(each), "-")
			if field == "" {
				continue
			}
			if err := f.refuseSecret(field); err != nil {
				return err
			}
			l.Order = append(l.Order, store.Order{Field: field, Descending: descending})
		}
	}
	return nil
}

// readFilters turns every other key into a filter; repeated keys all have to hold.
func (l *listing) readFilters(f *face) error {
	for _, key := range slices.Sorted(maps.Keys(l.values)) {
		if reserved[key] {
			continue
		}
		for _, value := range l.values[key] {
			filter, err := parseFilter(key, value)
			if err == nil {
				err = f.refuseSecret(filter.Field)
			}
			if err != nil {
				return err
			}
			l.Filters = append(l.Filters, filter)
		}
	}
	return nil
}

// refuseSecret refuses a path through what is a secret at this platform only; the others the store knows.
func (f *face) refuseSecret(path string) error {
	for name := range strings.SplitSeq(path, "__") {
		if f.secretFields[name] {
			return &store.QueryError{Field: path, Secret: true, Message: fmt.Sprintf("Filtering on %s is not allowed.", name)}
		}
	}
	return nil
}

var lookups = map[string]bool{"exact": true, "iexact": true, "contains": true, "icontains": true, "startswith": true, "istartswith": true,
	"endswith": true, "iendswith": true, "regex": true, "iregex": true, "gt": true, "gte": true, "lt": true, "lte": true, "in": true,
	"isnull": true, "search": true}

// parseFilter takes a key apart: prefixes in any order, field path, and at the end a lookup, "int", or both.
func parseFilter(key, value string) (store.Filter, error) {
	filter := store.Filter{Value: value}
	parts := strings.Split(key, "__")
prefixes:
	for ; len(parts) > 1; parts = parts[1:] {
		switch parts[0] {
		case "not":
			filter.Not = true
		case "or":
			filter.Or = true
		case "chain":
			filter.Chain = true
		default:
			break prefixes
		}
	}
	number := false
	for range 3 { // int, lookup, int
		last := len(parts) - 1
		switch {
		case last > 0 && parts[last] == "int":
			number, parts = true, parts[:last]
		case last > 0 && lookups[parts[last]] && filter.Lookup == "":
			filter.Lookup, parts = parts[last], parts[:last]
		}
	}
	filter.Field = strings.Join(parts, "__")
	if number {
		return filter, checkNumbers(filter)
	}
	return filter, nil
}

// checkNumbers is what the suffix "int" asks for: that the value is a whole number, whatever the field.
func checkNumbers(f store.Filter) error {
	values := []string{f.Value}
	if f.Lookup == "in" {
		values = strings.Split(f.Value, ",")
	}
	for _, value := range values {
		if _, err := strconv.ParseInt(value, 10, 64); err != nil {
			return &store.QueryError{Field: f.Field, Message: "The value of a filter with __int has to be an integer."}
		}
	}
	return nil
}

// narrow adds a condition that holds whatever the caller asks.
func (l *listing) narrow(field, lookup, value string) {
	l.Filters = append(l.Filters, store.Filter{Field: field, Lookup: lookup, Value: value})
}

// orderUnless sets the order of a list that the caller did not order.
func (l *listing) orderUnless(field string) {
	if len(l.Order) == 0 {
		l.Order = []store.Order{{Field: field}}
	}
}
