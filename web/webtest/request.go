package webtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// Address is where every request comes from.
const Address = "192.0.2.7"

// Answer is a response, its body read as text and, where it is one, as a JSON object.
type Answer struct {
	t      testing.TB
	what   string
	Status int
	Header http.Header
	Text   string
	JSON   map[string]any
}

// Do sends a request. who is the username of a member of the cast, who authenticates by Basic, or "" for nobody. A body that is a
// string is sent as it is, url.Values as a form, nil not at all, anything else as JSON.
func (s *Site) Do(t testing.TB, who, method, path string, body any, options ...func(*http.Request)) *Answer {
	t.Helper()
	content, contentType := encode(t, body)
	r := httptest.NewRequest(method, path, content).WithContext(t.Context())
	r.RemoteAddr = Address + ":40000"
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	if who != "" {
		r.SetBasicAuth(who, Password)
	}
	for _, option := range options {
		option(r)
	}
	w := httptest.NewRecorder()
	s.Handler.ServeHTTP(w, r)
	a := &Answer{t: t, what: fmt.Sprintf("%s: %s %s", who, method, path), Status: w.Code, Header: w.Result().Header, Text: w.Body.String()}
	_ = json.Unmarshal(w.Body.Bytes(), &a.JSON) // what is no object is seen as such by the checks
	return a
}

func encode(t testing.TB, body any) (io.Reader, string) {
	t.Helper()
	switch body := body.(type) {
	case nil:
		return nil, ""
	case string:
		return strings.NewReader(body), "application/json"
	case url.Values:
		return strings.NewReader(body.Encode()), "application/x-www-form-urlencoded"
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReader(string(text)), "application/json"
}

// Get, Post, Patch, Put and Delete are Do with their method.
func (s *Site) Get(t testing.TB, who, path string, options ...func(*http.Request)) *Answer {
	t.Helper()
	return s.Do(t, who, http.MethodGet, path, nil, options...)
}

// Post sends a body.
func (s *Site) Post(t testing.TB, who, path string, body any, options ...func(*http.Request)) *Answer {
	t.Helper()
	return s.Do(t, who, http.MethodPost, path, body, options...)
}

// Patch sends a partial update.
func (s *Site) Patch(t testing.TB, who, path string, body any, options ...func(*http.Request)) *Answer {
	t.Helper()
	return s.Do(t, who, http.MethodPatch, path, body, options...)
}

// Put sends a full update.
func (s *Site) Put(t testing.TB, who, path string, body any, options ...func(*http.Request)) *Answer {
	t.Helper()
	return s.Do(t, who, http.MethodPut, path, body, options...)
}

// Delete deletes.
func (s *Site) Delete(t testing.TB, who, path string, options ...func(*http.Request)) *Answer {
	t.Helper()
	return s.Do(t, who, http.MethodDelete, path, nil, options...)
}

// Bearer presents an access token.
func Bearer(token string) func(*http.Request) { return Header("Authorization", "Bearer "+token) }

// Header adds a header.
func Header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Add(name, value) }
}

// Form makes a form of names and values in turn.
func Form(pairs ...string) url.Values {
	values := url.Values{}
	for n := 0; n < len(pairs); n += 2 {
		values.Add(pairs[n], pairs[n+1])
	}
	return values
}

// Want fails the test when the status is another.
func (a *Answer) Want(status int) *Answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("%s: status %d, want %d: %s", a.what, a.Status, status, a.Text)
	}
	return a
}

// At is the value at a path of keys and indices with dots between: "summary_fields.tokens.results.0.token"; nil when there is none.
func (a *Answer) At(path string) any {
	var value any = a.JSON
	for _, key := range strings.Split(path, ".") {
		switch inside := value.(type) {
		case map[string]any:
			value = inside[key]
		case []any:
			n, err := strconv.Atoi(key)
			if err != nil || n >= len(inside) {
				return nil
			}
			value = inside[n]
		default:
			return nil
		}
	}
	return value
}

// Has reports whether the body has the key, be it null.
func (a *Answer) Has(key string) bool {
	_, has := a.JSON[key]
	return has
}

// Text is the string at the path.
func (a *Answer) String(path string) string {
	text, _ := a.At(path).(string)
	return text
}

// Int is the number at the path, -1 when there is none.
func (a *Answer) Int(path string) int64 {
	number, ok := a.At(path).(float64)
	if !ok {
		return -1
	}
	return int64(number)
}

// Equal fails the test when the value at the path is another; numbers compare as numbers.
func (a *Answer) Equal(path string, want any) *Answer {
	a.t.Helper()
	got := a.At(path)
	if fmt.Sprintf("%T %v", normal(got), normal(got)) != fmt.Sprintf("%T %v", normal(want), normal(want)) {
		a.t.Errorf("%s: %s is %v, want %v", a.what, path, got, want)
	}
	return a
}

func normal(value any) any {
	switch value := value.(type) {
	case int:
		return float64(value)
	case int64:
		return float64(value)
	}
	return value
}

// Contains fails the test when the body does not hold the text.
func (a *Answer) Contains(text string) *Answer {
	a.t.Helper()
	if !strings.Contains(a.Text, text) {
		a.t.Errorf("%s: the answer does not hold %q: %s", a.what, text, a.Text)
	}
	return a
}

// Column lists the values of a key over the results of a list.
func (a *Answer) Column(key string) []any {
	results, _ := a.JSON["results"].([]any)
	column := []any{}
	for _, row := range results {
		fields, _ := row.(map[string]any)
		column = append(column, fields[key])
	}
	return column
}
