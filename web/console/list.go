package console

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gatehouse/store"
	"gatehouse/templates"
)

// listing says what the address of a list may hold.
type listing struct {
	path    string
	filters map[string][]string // by name; the values there are, nil for any text
	orders  []string            // columns
	order   store.Order         // where the address has none
}

// furthest is the last page that is looked for.
const furthest = 10_000_000

// listed reads the address of a list into what the page shows of it and what the store is asked. Filters are added by the page.
func (w *Console) listed(c *gin.Context, l listing) (templates.List, store.Query) {
	asked := c.Request.URL.Query()
	list := templates.List{Path: l.path, Query: url.Values{}, Number: 1, Size: w.rows}
	for name, values := range l.filters {
		if value := strings.TrimSpace(asked.Get(name)); value != "" && (values == nil || slices.Contains(values, value)) {
			list.Query.Set(name, value)
		}
	}
	if search := strings.TrimSpace(asked.Get("search")); search != "" {
		list.Query.Set("search", search)
	}
	order := l.order
	if by := asked.Get("order_by"); slices.Contains(l.orders, strings.TrimPrefix(by, "-")) {
		order = store.Order{Field: strings.TrimPrefix(by, "-"), Descending: strings.HasPrefix(by, "-")}
		list.Query.Set("order_by", by)
	}
	if slices.Contains(l.orders, order.Field) {
		list.Order = order.Field
		if order.Descending {
			list.Order = "-" + order.Field
		}
	}
	if size := number(asked.Get("page_size"), w.mostRows); size > 0 {
		list.Size = size
		list.Query.Set("page_size", strconv.FormatInt(size, 10))
	}
	if page := number(asked.Get("page"), furthest); page > 1 {
		list.Number = page
		list.Query.Set("page", strconv.FormatInt(page, 10))
	}
	return list, store.Query{Search: store.SearchTerms(list.Value("search")), Order: []store.Order{order}, Limit: int(list.Size),
		Offset: int((list.Number - 1) * list.Size)}
}

// number reads a number from 1 to most, 0 for anything else.
func number(text string, most int64) int64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > most {
		return 0
	}
	return n
}

// counted notes how long the list is. Where it ends before the page that was asked for, it leads to the last one and reports true.
func counted(c *gin.Context, list *templates.List, count int64) bool {
	if list.Count = count; list.Number <= list.Pages() {
		return false
	}
	c.Redirect(http.StatusFound, list.With("page", strconv.FormatInt(list.Pages(), 10)))
	return true
}

// idFilter reads a filter that names something by its id, 0 for none.
func idFilter(list *templates.List, name string) int64 {
	id, err := strconv.ParseInt(list.Value(name), 10, 64)
	if err != nil || id <= 0 {
		list.Query.Del(name)
		return 0
	}
	return id
}

func equal(field, value string) store.Filter { return store.Filter{Field: field, Value: value} }

func equalID(field string, id int64) store.Filter { return equal(field, strconv.FormatInt(id, 10)) }
