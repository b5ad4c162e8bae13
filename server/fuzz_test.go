package server

import (
	"encoding/base64"
	"errors"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzBasic: whatever a client sends as an Authorization header, it is refused as invalid_client or gives an id that can be looked up;
// and every id and secret comes through as it was encoded (RFC 6749 §2.3.1).
func FuzzBasic(f *testing.F) {
	for _, seed := range []string{"", "Basic", "Basic Og==", "basic YTpi", "Bearer x", "Basic YTpiOmM=", "Basic JTAwOmI=", "Basic /w=="} {
		f.Add(seed, "id", "secret")
	}
	f.Add("Basic YTpi", "a b:c%", "ü+\x00")
	f.Fuzz(func(t *testing.T, header, id, secret string) {
		got, err := parseBasic(header)
		var refused *Error
		if err != nil && (!errors.As(err, &refused) || refused.Code != InvalidClient || refused.challenge == "") {
			t.Errorf("%q: %v, want invalid_client with a challenge", header, err)
		}
		usable(t, got.clientID)

		sent := "Basic " + base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(id)+":"+url.QueryEscape(secret)))
		got, err = parseBasic(sent)
		if lookable := utf8.ValidString(id) && !strings.ContainsRune(id, 0); lookable != (err == nil) {
			t.Errorf("id %q: %v", id, err)
		}
		if err == nil && (got.clientID != id || got.secret.Reveal() != secret) {
			t.Errorf("id %q and secret %q came through as %q and %q", id, secret, got.clientID, got.secret.Reveal())
		}
	})
}

// FuzzForm: whatever a body holds, it is refused as invalid_request or gives parameters that can be looked up, each once.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{"", "a=b", "a=b&a=c", "a=", "a", "=b", "&&", "a=%00", "a=%ff", "a=%zz", "a;b", "%61=b", "a=b+c", "\x00", "\xff=1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r := httptest.NewRequest("POST", "/o/token/", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		parameters, err := parseForm(r)
		if err != nil {
			refusedForm(t, body, err)
			return
		}
		for name, value := range parameters {
			usable(t, name)
			usable(t, value)
			if value == "" {
				t.Errorf("%q: %s is there without a value", body, name)
			}
		}
	})
}

func refusedForm(t *testing.T, body string, err error) {
	t.Helper()
	var refused *Error
	if !errors.As(err, &refused) || refused.Code != InvalidRequest {
		t.Fatalf("%q: %v, want invalid_request", body, err)
	}
	if strings.ContainsFunc(refused.Description, func(r rune) bool { return r < 0x20 || r > 0x7e || r == '"' || r == '\\' }) {
		t.Errorf("%q: the description holds what RFC 6749 §5.2 excludes: %q", body, refused.Description)
	}
}

func usable(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		t.Errorf("%q is accepted", text)
	}
}
