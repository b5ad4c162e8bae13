package web_test

import (
	"net/http"
	"strings"
	"testing"

	"gatehouse/web/webtest"
)

// TestNoCORS: no page of another site reads an answer of ours, least of all the authorization endpoint's (RFC 9700 §2.6).
func TestNoCORS(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		foreign := []func(*http.Request){webtest.Header("Origin", "https://other.example.org"), webtest.Header("Access-Control-Request-Method", "POST"),
			webtest.Header("Access-Control-Request-Headers", "authorization")}
		for _, address := range []string{"/o/authorize/", "/api/o/authorize/", "/api/controller/o/authorize/", "/authorize", "/login", "/o/token/", "/api/gateway/v1/me/"} {
			for _, method := range []string{http.MethodOptions, http.MethodGet, http.MethodPost} {
				for name := range s.Do(t, "", method, address, nil, foreign...).Header {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%s %s sends %s", method, address, name)
					}
				}
			}
		}
	})
}
