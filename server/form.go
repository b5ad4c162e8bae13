package server

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"
)

// formLimit is the longest request body that is read, in bytes.
const formLimit = 64 << 10

// form is a request's parameters, each given once and with a value; an empty value counts as left out (RFC 6749 §3.2).
type form map[string]string

// parseForm reads the body of a POST (RFC 6749 §3.2): a form of at most 64 KiB; parameters in the query are refused, as they end up
// in logs.
func parseForm(r *http.Request) (form, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return nil, invalidRequest("The Content-Type must be application/x-www-form-urlencoded.")
	}
	if r.URL.RawQuery != "" {
		return nil, invalidRequest("Parameters belong into the body of the request, not into the query.")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, formLimit+1))
	if err != nil {
		return nil, invalidRequest("The body of the request could not be read.")
	}
	if len(body) > formLimit {
		return nil, invalidRequest("The body of the request is longer than 64 KiB.")
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, invalidRequest("The body of the request is not a form.")
	}
	return singleValues(values)
}

// resourceParameter is the one parameter that may be repeated (RFC 8707 §2); its values are kept with a NUL between, which none can hold.
const resourceParameter = "resource"

// singleValues refuses repeated parameters (RFC 6749 §3.2), NUL and broken UTF-8.
func singleValues(values url.Values) (form, error) {
	single := form{}
	for name, each := range values {
		all := name + strings.Join(each, "")
		switch {
		case len(each) > 1 && name != resourceParameter:
			return nil, invalidRequest("The parameter " + printable(name) + " is repeated.")
		case strings.ContainsRune(all, 0) || !utf8.ValidString(all):
			return nil, invalidRequest("A parameter holds a NUL or is not valid UTF-8.")
		case all != name:
			single[name] = strings.Join(each, "\x00")
		}
	}
	return single, nil
}

// printable keeps at most 100 characters of text, as describable does.
func printable(text string) string {
	kept := describable(text)
	return kept[:min(100, len(kept))]
}

// describable keeps of text what an error_description may hold (RFC 6749 §5.2).
func describable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			return '?'
		}
		return r
	}, text)
}
