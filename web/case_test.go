package web_test

import (
	"net/http"
	"strings"
	"testing"

	"gatehouse/web/webtest"
)

// TestCase44EveryRoute walks the tables: a token of scope read gets 403 for every method that may change something, at every address
// that needs a token at all; one of scope write gets further.
func TestCase44EveryRoute(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		token := func(scope string) func(*http.Request) {
			return webtest.Bearer(s.Post(t, "alice", "/api/gateway/v1/tokens/", map[string]any{"scope": scope}).Want(201).String("token"))
		}
		read, write, seen := token("read"), token("write"), 0
		for _, each := range restRoutes(t, s) {
			if each.Method == http.MethodGet || each.Method == http.MethodOptions || strings.HasSuffix(each.Path, "/login/") || strings.HasSuffix(each.Path, "/logout/") {
				continue
			}
			seen++
			address := strings.ReplaceAll(each.Path, ":id", "4711")
			a := s.Do(t, "", each.Method, address, map[string]any{}, read).Want(http.StatusForbidden)
			if challenge := a.Header.Get("WWW-Authenticate"); !strings.Contains(challenge, `error="insufficient_scope", scope="write"`) {
				t.Errorf("%s %s: the challenge is %q", each.Method, address, challenge)
			}
			further := s.Do(t, "", each.Method, address, map[string]any{}, write)
			if strings.Contains(further.Header.Get("WWW-Authenticate"), "insufficient_scope") || further.Status == http.StatusUnauthorized {
				t.Errorf("%s %s with scope write: %d", each.Method, address, further.Status)
			}
		}
		if seen < 60 {
			t.Errorf("only %d routes were asked", seen)
		}
	})
}

func TestCase52RootsOfOAuth(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, root := range []string{"/o/", "/api/o/", "/api/controller/o/"} {
			for _, who := range []string{"", "alice"} {
				s.Get(t, who, root).Want(200).Equal("authorize", root+"authorize/").Equal("token", root+"token/").
					Equal("revoke_token", root+"revoke_token/").Equal("introspect", root+"introspect/")
			}
		}
	})
}
