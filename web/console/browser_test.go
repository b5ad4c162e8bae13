// Package console_test drives the pages through the handler that the program serves, as a browser does: it keeps cookies, reads the
// forms of a page and sends them with what somebody types.
package console_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"gatehouse/web/webtest"
)

// browser is one person's: it has the cookies that the site gave it, and no script.
type browser struct {
	t       testing.TB
	site    *webtest.Site
	cookies map[string]string
}

// stranger is a browser that nobody has signed in with.
func stranger(t testing.TB, s *webtest.Site) *browser {
	return &browser{t: t, site: s, cookies: map[string]string{}}
}

// as is a browser in which a member of the cast is signed in, or nobody for "".
func as(t testing.TB, s *webtest.Site, who string) *browser {
	t.Helper()
	b := stranger(t, s)
	if who == "" {
		b.get("/login")
		return b
	}
	for _, cookie := range s.SignIn(t, who).Cookies {
		b.cookies[cookie.Name] = cookie.Value
	}
	return b
}

// answer is a response with its page.
type answer struct {
	*goquery.Document
	t       testing.TB
	what    string
	status  int
	header  http.Header
	text    string
	cookies map[string]*http.Cookie // that it set
}

// send does what the browser does with one request: it sends the cookies and keeps those that come back.
func (b *browser) send(method, path string, form url.Values, options ...func(*http.Request)) *answer {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, path, strings.NewReader(form.Encode()))
	r.RemoteAddr = webtest.Address + ":40000"
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for _, option := range options {
		option(r)
	}
	w := httptest.NewRecorder()
	b.site.Handler.ServeHTTP(w, r)
	a := &answer{t: b.t, what: method + " " + path, status: w.Code, header: w.Result().Header, text: w.Body.String(), cookies: map[string]*http.Cookie{}}
	for _, cookie := range w.Result().Cookies() {
		a.cookies[cookie.Name] = cookie
		b.cookies[cookie.Name] = cookie.Value
		if cookie.MaxAge < 0 {
			delete(b.cookies, cookie.Name)
		}
	}
	var err error
	if a.Document, err = goquery.NewDocumentFromReader(strings.NewReader(a.text)); err != nil {
		b.t.Fatalf("%s: %v", a.what, err)
	}
	return a
}

func (b *browser) get(path string, options ...func(*http.Request)) *answer {
	b.t.Helper()
	return b.send(http.MethodGet, path, nil, options...)
}

// post sends a form that no page need have shown, with the right csrf_token; pairs are names and values in turn.
func (b *browser) post(path string, pairs ...string) *answer {
	b.t.Helper()
	form := webtest.Form(pairs...)
	form.Set("csrf_token", b.cookies["csrftoken"])
	return b.send(http.MethodPost, path, form)
}

// submit fills in the form of a page and sends it, by the button that the pairs name if they do. A pair with the value "-" leaves the
// field out, as a box that is not ticked.
func (b *browser) submit(page *answer, selector string, pairs ...string) *answer {
	b.t.Helper()
	found := page.Find(selector)
	if found.Length() != 1 {
		b.t.Fatalf("%s: %d forms %q, want 1: %s", page.what, found.Length(), selector, page.text)
	}
	form := fieldsOf(found)
	for n := 0; n < len(pairs); n += 2 {
		if found.Find(`[name="`+pairs[n]+`"]`).Length() == 0 {
			b.t.Fatalf("%s: the form has no field %q: %s", page.what, pairs[n], page.text)
		}
		form.Set(pairs[n], pairs[n+1])
		if pairs[n+1] == "-" {
			form.Del(pairs[n])
		}
	}
	action, _ := found.Attr("action")
	return b.send(http.MethodPost, action, form)
}

// fieldsOf are the values that a browser would send with a form as it stands.
func fieldsOf(form *goquery.Selection) url.Values {
	values := url.Values{}
	form.Find("input, textarea, select").Each(func(_ int, input *goquery.Selection) {
		name, kind := input.AttrOr("name", ""), input.AttrOr("type", "")
		_, ticked := input.Attr("checked")
		switch {
		case input.Is("select"):
			if chosen := input.Find("option[selected]"); chosen.Length() > 0 {
				values.Add(name, chosen.AttrOr("value", ""))
			} else {
				values.Add(name, input.Find("option").First().AttrOr("value", ""))
			}
		case input.Is("textarea"):
			values.Add(name, strings.TrimPrefix(input.Text(), "\n"))
		case kind != "checkbox" && kind != "radio" || ticked:
			values.Add(name, input.AttrOr("value", ""))
		}
	})
	return values
}

// follow opens the page that the answer leads to.
func (b *browser) follow(a *answer) *answer {
	b.t.Helper()
	to := a.leadsTo()
	if !strings.HasPrefix(to, "/") {
		b.t.Fatalf("%s: status %d leads to %q, want a page of this site: %s", a.what, a.status, to, a.text)
	}
	return b.get(to)
}

func (a *answer) leadsTo() string { return a.header.Get("Location") }

// is fails the test when the status is another.
func (a *answer) is(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: status %d, want %d (to %q): %s", a.what, a.status, status, a.leadsTo(), a.read("main"))
	}
	return a
}

// goesTo fails the test when the answer does not lead there, by 303 after a form and by 302 or 303 otherwise.
func (a *answer) goesTo(address string) *answer {
	a.t.Helper()
	redirects := a.status == http.StatusSeeOther || a.status == http.StatusFound && strings.HasPrefix(a.what, http.MethodGet)
	if !redirects || a.leadsTo() != address {
		a.t.Fatalf("%s: status %d to %q, want a redirect to %q: %s", a.what, a.status, a.leadsTo(), address, a.read("main"))
	}
	return a
}

// says fails the test when what the selector finds does not hold the text.
func (a *answer) says(selector, text string) *answer {
	a.t.Helper()
	if got := a.read(selector); !strings.Contains(got, text) {
		a.t.Errorf("%s: %s is %q, want %q in it", a.what, selector, got, text)
	}
	return a
}

// lacks fails the test when the selector finds something.
func (a *answer) lacks(selector string) *answer {
	a.t.Helper()
	if found := a.Find(selector); found.Length() > 0 {
		html, _ := goquery.OuterHtml(found.First())
		a.t.Errorf("%s: there is %s: %s", a.what, selector, html)
	}
	return a
}

// has fails the test when the selector finds nothing.
func (a *answer) has(selector string) *answer {
	a.t.Helper()
	if a.Find(selector).Length() == 0 {
		a.t.Errorf("%s: there is no %s: %s", a.what, selector, a.read("main"))
	}
	return a
}

// read is the text of what the selector finds, white space made single.
func (a *answer) read(selector string) string {
	return strings.Join(strings.Fields(a.Find(selector).Text()), " ")
}

// column are the texts of what the selector finds, one by one.
func (a *answer) column(selector string) []string {
	texts := []string{}
	a.Find(selector).Each(func(_ int, each *goquery.Selection) {
		texts = append(texts, strings.Join(strings.Fields(each.Text()), " "))
	})
	return texts
}

// wrong checks that a form was refused with a message beside the field, tied to it, and that what was typed is still there: pairs are
// field names and values.
func (a *answer) wrong(field, message string, kept ...string) *answer {
	a.t.Helper()
	a.is(http.StatusUnprocessableEntity).says("#f-"+field+"-error", message)
	described := a.Find("#f-"+field).AttrOr("aria-describedby", "")
	if !strings.Contains(described, "f-"+field+"-error") && a.Find(`fieldset[aria-describedby="f-`+field+`-error"]`).Length() == 0 {
		a.t.Errorf("%s: the message is not tied to the field %s", a.what, field)
	}
	values := fieldsOf(a.Find("main form").FilterFunction(func(_ int, form *goquery.Selection) bool {
		return form.Find("#f-"+field).Length() > 0
	}))
	for n := 0; n < len(kept); n += 2 {
		if got := values.Get(kept[n]); got != kept[n+1] {
			a.t.Errorf("%s: %s holds %q now, want what was typed: %q", a.what, kept[n], got, kept[n+1])
		}
	}
	a.Find(`input[type="password"]`).Each(func(_ int, input *goquery.Selection) {
		if value := input.AttrOr("value", ""); value != "" {
			a.t.Errorf("%s: a password is written into the page", a.what)
		}
	})
	return a
}
