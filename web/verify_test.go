package web_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

const (
	challenge         = `Bearer realm="gatehouse"`
	invalidToken      = challenge + `, error="invalid_token"`
	insufficientScope = challenge + `, error="insufficient_scope", scope="write"`
)

// forwards is what the proxy says about the method of the request that it holds.
func forwards(method string) func(*http.Request) { return webtest.Header("X-Forwarded-Method", method) }

// personal makes a personal token.
func personal(t *testing.T, s *webtest.Site, who string, face models.Face, scope string) *server.Issued {
	t.Helper()
	issued, err := s.CreateToken(t.Context(), server.Actor{Actor: models.Actor{User: s.Users[who]}, Origin: "api"}, face, server.TokenInput{Scope: &scope})
	if err != nil {
		t.Fatal(err)
	}
	return issued
}

// granted makes an application's token by a grant.
func granted(t *testing.T, s *webtest.Site, path string, client webtest.Client, pairs ...string) *webtest.Answer {
	t.Helper()
	return s.Post(t, "", path, webtest.Form(pairs...), func(r *http.Request) { r.SetBasicAuth(client.ClientID, client.Secret) }).Want(200)
}

// told are the headers of forward authentication in an answer that lets a request pass.
func told(a *webtest.Answer) map[string]string {
	headers := map[string]string{}
	for _, name := range []string{"X-Forwarded-User", "X-Gatehouse-Client", "X-Gatehouse-Scopes", "X-Gatehouse-Token-Id", "X-Gatehouse-Token-Platform"} {
		if values := a.Header.Values(name); len(values) == 1 {
			headers[name] = values[0]
		}
	}
	return headers
}

// refuses checks an answer that lets nothing pass: status and challenge, nothing about a token, no body, no other page.
func refuses(t *testing.T, what string, a *webtest.Answer, status int, want string) {
	t.Helper()
	if a.Status != status || a.Header.Get("WWW-Authenticate") != want || a.Text != "" || len(told(a)) > 0 || a.Header.Get("Location") != "" || a.Header.Get("Set-Cookie") != "" {
		t.Errorf("%s: %d %v %q, want %d and %s", what, a.Status, a.Header, a.Text, status, want)
	}
}

// TestVerifyTells: what the program behind the proxy learns about each kind of token.
func TestVerifyTells(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		own, legacy := personal(t, s, "alice", models.FaceGateway, "read"), personal(t, s, "alice", models.FaceController, "write")
		application := granted(t, s, "/o/token/", s.App, "grant_type", "password", "username", "om", "password", webtest.Password)
		machine := machineClient(t, s)
		nobodys := granted(t, s, "/o/token/", machine, "grant_type", "client_credentials", "scope", "read")
		for _, test := range []struct {
			name, token string
			want        map[string]string
		}{
			{"personal", own.AccessTokenValue.Reveal(), map[string]string{"X-Forwarded-User": "alice", "X-Gatehouse-Scopes": "read", "X-Gatehouse-Token-Platform": "gateway"}},
			{"personal of the controller", legacy.AccessTokenValue.Reveal(), map[string]string{"X-Forwarded-User": "alice", "X-Gatehouse-Scopes": "write",
				"X-Gatehouse-Token-Platform": "controller"}},
			{"application", application.String("access_token"), map[string]string{"X-Forwarded-User": "om", "X-Gatehouse-Client": s.App.ClientID,
				"X-Gatehouse-Scopes": "read write", "X-Gatehouse-Token-Platform": "gateway"}},
			{"without a user", nobodys.String("access_token"), map[string]string{"X-Gatehouse-Client": machine.ClientID, "X-Gatehouse-Scopes": "read",
				"X-Gatehouse-Token-Platform": "gateway"}},
		} {
			a := s.Get(t, "", "/auth/verify", webtest.Bearer(test.token), forwards("GET")).Want(200)
			stored, err := s.DB.Read(t.Context()).AccessTokenByDigest(models.SecretOf(test.token).Digest())
			if err != nil {
				t.Fatal(err)
			}
			test.want["X-Gatehouse-Token-Id"] = strconv.FormatInt(stored.ID, 10)
			if diff := cmp.Diff(test.want, told(a)); diff != "" || a.Text != "" || a.Header.Get("Set-Cookie") != "" || a.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%s: %s %q %v", test.name, diff, a.Text, a.Header)
			}
			if stored.LastUsed == nil || stored.LastUsedAddress != webtest.Address {
				t.Errorf("%s: the use is not noted: %v from %q", test.name, stored.LastUsed, stored.LastUsedAddress)
			}
		}
	}, trustingProxies)
}

// machineClient is a client whose tokens belong to no user.
func machineClient(t *testing.T, s *webtest.Site) webtest.Client {
	t.Helper()
	made := s.Post(t, "admin", "/api/gateway/v1/applications/", map[string]any{"name": "machine", "organization": s.Organization.ID,
		"client_type": "confidential", "authorization_grant_type": "client-credentials"}).Want(201)
	return webtest.Client{Application: &models.Application{ClientID: made.String("client_id")}, Secret: made.String("client_secret")}
}

// TestVerifyCredentials: a bearer token that is alone and alive counts, nothing else (RFC 6750 §3).
func TestVerifyCredentials(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		live := personal(t, s, "admin", models.FaceGateway, "write").AccessTokenValue.Reveal()
		job := granted(t, s, "/api/o/token/", s.Job, "grant_type", "password", "username", "om", "password", webtest.Password)
		basic := func(r *http.Request) { r.SetBasicAuth("admin", webtest.Password) }
		refuses(t, "nothing", s.Get(t, "", "/auth/verify", forwards("GET")), 401, challenge)
		refuses(t, "Basic", s.Get(t, "", "/auth/verify", forwards("GET"), basic), 401, challenge)
		refuses(t, "session", s.Get(t, "", "/auth/verify", forwards("GET"), s.SignIn(t, "admin").Writes), 401, challenge)
		refuses(t, "in the query", s.Get(t, "", "/auth/verify?access_token="+live+"&token="+live, forwards("GET")), 401, challenge)
		refuses(t, "in the body", s.Post(t, "", "/auth/verify", webtest.Form("access_token", live)), 401, challenge)
		refuses(t, "Proxy-Authorization", s.Get(t, "", "/auth/verify", webtest.Header("Proxy-Authorization", "Bearer "+live)), 401, challenge)
		for name, sent := range map[string][]string{"unknown": {"Bearer unknown"}, "empty": {"Bearer "}, "NUL": {"Bearer \x00"}, "wildcard": {"Bearer %"},
			"twice": {"Bearer " + live, "Bearer " + live}, "beside Basic": {"Basic YTpi", "Bearer " + live}, "two in one": {"Bearer " + live + ", Bearer " + live},
			"of an application of the controller": {"Bearer " + job.String("access_token")}, "refresh token": {"Bearer " + job.String("refresh_token")}} {
			refuses(t, name, s.Get(t, "", "/auth/verify", forwards("GET"), func(r *http.Request) { r.Header["Authorization"] = sent }), 401, invalidToken)
		}
		s.Get(t, "", "/auth/verify", forwards("GET"), webtest.Bearer(live)).Want(200)
		a := s.Get(t, "", "/auth/verify", forwards("GET"), s.SignIn(t, "alice").Writes, webtest.Bearer(live)).Want(200)
		if told(a)["X-Forwarded-User"] != "admin" {
			t.Errorf("a session beside the token: %v", told(a))
		}
	}, trustingProxies)
}

// TestVerifyScope: what the proxy holds decides, at every address and whatever method it asks with; without its word it is a write.
func TestVerifyScope(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		reading := webtest.Bearer(personal(t, s, "alice", models.FaceGateway, "read").AccessTokenValue.Reveal())
		writing := webtest.Bearer(personal(t, s, "alice", models.FaceGateway, "write").AccessTokenValue.Reveal())
		for _, path := range []string{"/auth/verify", "/auth/verify/", "/auth/verify/any/thing?x=1", "/auth/verify//a/../b", "/auth/verify/%2F%00", "/auth/verify/authorize"} {
			for _, method := range []string{"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND"} {
				what := method + " " + path
				refuses(t, what, s.Do(t, "", method, path, nil, forwards("GET")), 401, challenge)
				refuses(t, what, s.Do(t, "", method, path, nil, reading), 403, insufficientScope)
				refuses(t, what, s.Do(t, "", method, path, nil, reading, forwards("POST")), 403, insufficientScope)
				s.Do(t, "", method, path, nil, writing).Want(200)
				if method == "GET" || method == "HEAD" || method == "OPTIONS" {
					s.Do(t, "", method, path, nil, reading, forwards(method)).Want(200)
				} else {
					refuses(t, what, s.Do(t, "", method, path, nil, reading, forwards("GET")), 403, insufficientScope)
				}
			}
		}
		for _, path := range []string{"/auth", "/auth/", "/auth/verified", "/auth/verif"} {
			s.Get(t, "", path, writing).Want(404)
		}
		stranger := func(r *http.Request) { r.RemoteAddr = "203.0.113.9:5000" }
		refuses(t, "a stranger", s.Get(t, "", "/auth/verify", reading, forwards("GET"), stranger), 403, insufficientScope)
		s.Get(t, "", "/auth/verify", writing, stranger).Want(200)
	}, trustingProxies)
}

// TestVerifyWithoutProxies: while no proxy is trusted, everything is a write.
func TestVerifyWithoutProxies(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		reading := webtest.Bearer(personal(t, s, "alice", models.FaceGateway, "read").AccessTokenValue.Reveal())
		refuses(t, "GET", s.Get(t, "", "/auth/verify", reading, forwards("GET")), 403, insufficientScope)
	})
}

// TestVerifyEndsAtOnce: a token that ends is refused with the next request.
func TestVerifyEndsAtOnce(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for name, end := range map[string]func(*server.Issued){
			"deleted": func(token *server.Issued) {
				actor := server.Actor{Actor: models.Actor{User: s.Users["bob"]}, Origin: "api"}
				if err := s.DeleteToken(t.Context(), actor, models.FaceGateway, token.AccessToken.ID); err != nil {
					t.Fatal(err)
				}
			},
			"disabled user": func(*server.Issued) { setActive(t, s, "bob", false) },
		} {
			setActive(t, s, "bob", true)
			token := personal(t, s, "bob", models.FaceGateway, "write")
			bearer := webtest.Bearer(token.AccessTokenValue.Reveal())
			s.Get(t, "", "/auth/verify", bearer).Want(200)
			end(token)
			refuses(t, name, s.Get(t, "", "/auth/verify", bearer), 401, invalidToken)
		}
	})
}

func setActive(t *testing.T, s *webtest.Site, who string, active bool) {
	t.Helper()
	user := *s.Users[who]
	user.IsActive = active
	if err := s.DB.Write(t.Context(), func(tx *store.Tx) error { return tx.UpdateUser(&user) }); err != nil {
		t.Fatal(err)
	}
}

// TestVerifyUnavailable: where it cannot be found out, nothing passes and the cause stays inside.
func TestVerifyUnavailable(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		token := webtest.Bearer(personal(t, s, "alice", models.FaceGateway, "write").AccessTokenValue.Reveal())
		late := func(r *http.Request) {
			ctx, cancel := context.WithDeadline(r.Context(), time.Unix(0, 0))
			t.Cleanup(cancel)
			*r = *r.WithContext(ctx)
		}
		unavailable := func(what string, options ...func(*http.Request)) {
			t.Helper()
			a := s.Get(t, "", "/auth/verify", append(options, token)...)
			refuses(t, what, a, 503, "")
			if a.Header.Get("Retry-After") == "" {
				t.Errorf("%s: %v", what, a.Header)
			}
		}
		unavailable("late", late)
		if err := s.DB.Close(); err != nil {
			t.Fatal(err)
		}
		unavailable("closed")
		refuses(t, "nothing", s.Get(t, "", "/auth/verify"), 401, challenge)
	})
}

// TestVerifyNames: whatever name is stored, it is one header of ASCII, and no two are alike in it.
func TestVerifyNames(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for name, want := range map[string]string{"o.b-r_i@n+1": "o.b-r_i@n+1", "prüfer": "pr%C3%BCfer", "pr%C3%BCfer": "pr%25C3%25BCfer", "ゲート": "%E3%82%B2%E3%83%BC%E3%83%88",
			"a\r\nX-Gatehouse-Client: b": "a%0D%0AX-Gatehouse-Client:%20b", "a, b": "a%2C%20b", "\x7f\x01": "%7F%01"} {
			user := *s.Users["bob"]
			user.Username = name // what is imported or written by hand follows no rule of ours
			if err := s.DB.Write(t.Context(), func(tx *store.Tx) error { return tx.UpdateUser(&user) }); err != nil {
				t.Fatal(err)
			}
			token := webtest.Bearer(personal(t, s, "bob", models.FaceGateway, "write").AccessTokenValue.Reveal())
			if got := told(s.Get(t, "", "/auth/verify", token).Want(200)); got["X-Forwarded-User"] != want || got["X-Gatehouse-Client"] != "" {
				t.Errorf("%q: %v, want %s", name, got, want)
			}
		}
	})
}

// TestVerifyThrottled: who tries many unknown tokens gets 401 still, as proxies make errors of other statuses; a valid one passes.
func TestVerifyThrottled(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		valid := personal(t, s, "alice", models.FaceGateway, "read write").AccessTokenValue.Reveal()
		for n := range 5 {
			a := s.Get(t, "", "/auth/verify", webtest.Bearer("unknown"))
			refuses(t, "an unknown token", a, http.StatusUnauthorized, invalidToken)
			if waits := a.Header.Get("Retry-After") != ""; waits != (n >= 3) {
				t.Errorf("try %d: told to wait: %v", n, waits)
			}
		}
		s.Get(t, "", "/auth/verify", webtest.Bearer(valid)).Want(http.StatusOK)
	}, func(c *webtest.Config) {
		c.Server.Limits = server.DefaultLimits()
		c.Server.Limits.Guesses.Failures = 3
	})
}
