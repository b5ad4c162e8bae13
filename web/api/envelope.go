package api

import (
	"maps"
	"strconv"

	"gatehouse/store"
)

// envelope is a page of a list (contract §2.1).
type envelope struct {
	Count    int64    `json:"count"`
	Next     *string  `json:"next"`
	Previous *string  `json:"previous"`
	Results  []object `json:"results"`
}

type uncounted struct {
	Results []object `json:"results"`
}

// answerList sends a page of rows, each turned into its object.
func answerList[T any](c *call, l *listing, page store.Page[T], show func(*T) object) error {
	results := make([]object, len(page.Rows))
	for n := range page.Rows {
		results[n] = show(&page.Rows[n])
	}
	if len(results) == 0 && l.page > 1 {
		return invalidPage
	}
	if l.SkipCount {
		return c.ok(uncounted{results})
	}
	body := envelope{Count: page.Count, Results: results}
	if int64(l.page)*int64(l.size) < page.Count {
		body.Next = c.pageLink(l, l.page+1)
	}
	if l.page > 1 {
		body.Previous = c.pageLink(l, l.page-1)
	}
	return c.ok(body)
}

// pageLink is the path to another page of the same list, with the query kept.
func (c *call) pageLink(l *listing, page int) *string {
	values := maps.Clone(l.values)
	values.Set("page", strconv.Itoa(page))
	if page == 1 && !c.keepsFirstPage {
		values.Del("page")
	}
	link := c.gin.Request.URL.EscapedPath()
	if query := values.Encode(); query != "" {
		link += "?" + query
	}
	return &link
}

// single is an envelope with one row.
func single(row object) envelope { return envelope{Count: 1, Results: []object{row}} }
