package openapitest

import (
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Route is a method at a path, whose parameters are written as Gin does, ":id" and "*below".
type Route struct {
	Method, Path string
}

// Compare lists what is described and not served, and what is served and not described. By rule HEAD is not described where GET is, and
// OPTIONS not where another method is; a path that answers any method is described by its GET.
func Compare(routes []Route) (unserved, undescribed []string, err error) {
	d, err := load()
	if err != nil {
		return nil, nil, err
	}
	served, described := served(routes), d.described()
	for _, each := range slices.Sorted(maps.Keys(described)) {
		if !served[each] {
			unserved = append(unserved, each)
		}
	}
	for _, each := range slices.Sorted(maps.Keys(served)) {
		method, path, _ := strings.Cut(each, " ")
		byRule := method == http.MethodHead && described[http.MethodGet+" "+path] || method == http.MethodOptions && d.hasOther(path)
		if !described[each] && !byRule && !d.answersAny(path) {
			undescribed = append(undescribed, each)
		}
	}
	return unserved, undescribed, nil
}

// served writes routes as the description does. What stands for a path and all below it is both.
func served(routes []Route) map[string]bool {
	served := map[string]bool{}
	for _, each := range routes {
		path := strings.TrimSuffix(each.Path, "/")
		if root, found := strings.CutSuffix(path, "/*below"); found {
			served[each.Method+" "+root] = true
			path = root + "/{below}"
		}
		served[each.Method+" "+strings.ReplaceAll(path, ":id", "{id}")] = true
	}
	return served
}

func (d *description) described() map[string]bool {
	described := map[string]bool{}
	for _, path := range d.paths {
		for method := range path.item {
			if slices.Contains(methods, method) {
				described[strings.ToUpper(method)+" "+strings.TrimSuffix(path.template, "/")] = true
			}
		}
	}
	return described
}

// methods are those that a path can describe.
var methods = []string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}

func (d *description) hasOther(address string) bool {
	described := d.described()
	return slices.ContainsFunc(methods, func(method string) bool {
		return method != "options" && described[strings.ToUpper(method)+" "+address]
	})
}

func (d *description) answersAny(address string) bool {
	return slices.ContainsFunc(d.paths, func(p path) bool { return p.template == address && p.item[anyMethod] == true })
}
