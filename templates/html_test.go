package templates

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// find lists the elements with one of the names below node, in their order.
func find(node *html.Node, names ...string) []*html.Node {
	var found []*html.Node
	for each := range node.Descendants() {
		if each.Type == html.ElementNode && slices.Contains(names, each.Data) {
			found = append(found, each)
		}
	}
	return found
}

func attribute(node *html.Node, key string) string {
	for _, each := range node.Attr {
		if each.Key == key {
			return each.Val
		}
	}
	return ""
}

func has(node *html.Node, key string) bool {
	return slices.ContainsFunc(node.Attr, func(each html.Attribute) bool { return each.Key == key })
}

// content is everything that node says: text, and the values of attributes that hold some.
func content(node *html.Node) string {
	var out strings.Builder
	for each := range node.Descendants() {
		if each.Type == html.TextNode {
			out.WriteString(each.Data + "\n")
		}
		for _, a := range each.Attr {
			out.WriteString(a.Val + "\n")
		}
	}
	return out.String()
}

func all(node *html.Node) []*html.Node {
	var found []*html.Node
	for each := range node.Descendants() {
		if each.Type == html.ElementNode {
			found = append(found, each)
		}
	}
	return found
}

// check lists the faults of a page.
func check(document *html.Node) []string {
	faults := checkHarmless(document)
	ids := map[string]bool{}
	for _, each := range all(document) {
		id := attribute(each, "id")
		if id != "" && ids[id] {
			faults = append(faults, "two elements have the id "+id)
		}
		ids[id] = true
	}
	if n := len(find(document, "h1")); n != 1 {
		faults = append(faults, fmt.Sprintf("%d h1", n))
	}
	if n := len(find(document, "main")); n != 1 {
		faults = append(faults, fmt.Sprintf("%d main", n))
	}
	faults = append(faults, checkReferences(document, ids)...)
	faults = append(faults, checkControls(document)...)
	return append(faults, checkForms(document)...)
}

// checkHarmless finds what the Content-Security-Policy would have to permit, and what would run.
func checkHarmless(document *html.Node) []string {
	var faults []string
	scripts := 0
	for _, each := range all(document) {
		if each.Data == "script" {
			if each.FirstChild != nil || !strings.HasPrefix(attribute(each, "src"), "/static/") {
				faults = append(faults, "a script that is not a static file")
			}
			scripts++
		}
		if slices.Contains([]string{"style", "iframe", "object", "embed", "base", "img"}, each.Data) {
			faults = append(faults, "an element that no page needs: "+each.Data)
		}
		for _, a := range each.Attr {
			value := strings.ToLower(strings.TrimSpace(a.Val))
			address := slices.Contains([]string{"href", "src", "action", "formaction"}, a.Key)
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || address && strings.HasPrefix(value, "javascript:") {
				faults = append(faults, fmt.Sprintf("<%s %s=%q>", each.Data, a.Key, a.Val))
			}
		}
	}
	if scripts != 1 {
		faults = append(faults, fmt.Sprintf("%d scripts", scripts))
	}
	return faults
}

// checkReferences finds ids that are named and not there.
func checkReferences(document *html.Node, ids map[string]bool) []string {
	var faults []string
	for _, each := range all(document) {
		for _, key := range []string{"for", "aria-describedby", "aria-labelledby", "data-copy", "form"} {
			for _, id := range strings.Fields(attribute(each, key)) {
				if !ids[id] {
					faults = append(faults, fmt.Sprintf("<%s %s> names %q, which is not there", each.Data, key, id))
				}
			}
		}
		if id, ok := strings.CutPrefix(attribute(each, "href"), "#"); ok && !ids[id] {
			faults = append(faults, fmt.Sprintf("a link leads to %q, which is not there", id))
		}
		if attribute(each, "aria-invalid") == "true" && attribute(each, "aria-describedby") == "" {
			faults = append(faults, fmt.Sprintf("<%s> is invalid without saying why", attribute(each, "name")))
		}
	}
	return faults
}

// checkControls finds inputs without a label and buttons without a type or a name.
func checkControls(document *html.Node) []string {
	labels := map[string]bool{}
	for _, each := range find(document, "label") {
		labels[attribute(each, "for")] = true
	}
	var faults []string
	for _, each := range find(document, "input", "select", "textarea") {
		inside := false
		for above := range each.Ancestors() {
			inside = inside || above.Data == "label"
		}
		if attribute(each, "type") != "hidden" && !inside && !labels[attribute(each, "id")] && attribute(each, "aria-label") == "" {
			faults = append(faults, fmt.Sprintf("<%s name=%q> has no label", each.Data, attribute(each, "name")))
		}
		if attribute(each, "type") == "password" && has(each, "value") && attribute(each, "value") != "" {
			faults = append(faults, "a password is written into the page")
		}
	}
	for _, each := range find(document, "button", "a", "summary") {
		if strings.TrimSpace(content(each)) == "" && attribute(each, "aria-label") == "" {
			faults = append(faults, fmt.Sprintf("a <%s> says nothing", each.Data))
		}
		if each.Data == "button" && attribute(each, "type") == "" {
			faults = append(faults, "a button has no type")
		}
	}
	for _, each := range find(document, "table") {
		if len(find(each, "caption")) != 1 {
			faults = append(faults, "a table has no caption")
		}
	}
	return faults
}

// checkForms finds forms that change something without a CSRF token, and forms inside forms.
func checkForms(document *html.Node) []string {
	var faults []string
	for _, form := range find(document, "form") {
		token := false
		for _, each := range find(form, "input") {
			token = token || attribute(each, "name") == "csrf_token"
		}
		ours := attribute(form, "method") == "post" && !has(form, "data-submit-at-once") // that one goes to a client
		if ours != token {
			faults = append(faults, fmt.Sprintf("the form to %q: method %q, csrf_token %v", attribute(form, "action"), attribute(form, "method"), token))
		}
	}
	return faults
}
