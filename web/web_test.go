// Package web_test asks the whole surface over HTTP, on real databases.
package web_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/static"
	"gatehouse/web"
	"gatehouse/web/api"
	"gatehouse/web/caller"
	"gatehouse/web/route"
	"gatehouse/web/webtest"
)

// TestCase41EveryRoute walks the tables: nobody gets past a REST path but at those that are listed as open here.
func TestCase41EveryRoute(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		open := map[string]bool{}
		for _, root := range []string{"/api", "/api/controller", "/api/gateway", "/api/gateway/v1", "/api/controller/v2", "/api/v2", "/api/gateway/v1/ping",
			"/api/controller/v2/ping", "/api/v2/ping", "/api/gateway/v1/login", "/api/gateway/v1/logout", "/api/login", "/api/logout",
			"/api/controller/login", "/api/controller/logout", "/api/openapi.json"} {
			open[root] = true
		}
		seen := 0
		for _, each := range restRoutes(t, s) {
			for _, form := range []string{strings.TrimSuffix(each.Path, "/"), each.Path} {
				if open[strings.TrimSuffix(each.Path, "/")] {
					continue
				}
				seen++
				address := strings.ReplaceAll(form, ":id", "1")
				s.Do(t, "", each.Method, address, nil).Want(http.StatusUnauthorized)
				s.Do(t, "", "PROPFIND", address, nil).Want(http.StatusUnauthorized)
				s.Do(t, "", each.Method, address, nil, webtest.Bearer("unknown")).Want(http.StatusUnauthorized)
			}
		}
		if seen < 300 {
			t.Errorf("only %d routes were asked", seen)
		}
	}, func(c *webtest.Config) {
		c.Server.Limits = server.DefaultLimits()
		c.Server.Limits.Guesses.Failures = 10_000 // each route is asked with an unknown token
	})
}

func restRoutes(t *testing.T, s *webtest.Site) []route.Route {
	t.Helper()
	callers, err := caller.New(caller.Options{Server: s.Server})
	if err != nil {
		t.Fatal(err)
	}
	faces, err := api.New(api.Options{Server: s.Server, Callers: callers})
	if err != nil {
		t.Fatal(err)
	}
	return faces.Routes()
}

func TestHealth(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, form := range []string{"", "/"} {
			s.Get(t, "", "/healthz/live"+form).Want(200)
			s.Get(t, "", "/healthz/ready"+form).Want(200)
			s.Do(t, "", "HEAD", "/healthz/ready"+form, nil).Want(200)
			s.Do(t, "", "OPTIONS", "/healthz/ready"+form, nil).Want(204)
			s.Post(t, "", "/healthz/ready"+form, nil).Want(405)
		}
	})
}

func TestNotReady(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		s.Get(t, "", "/healthz/ready").Want(503)
		s.Get(t, "", "/healthz/live").Want(200)
	}, func(c *webtest.Config) {
		c.Web.Ready = func(context.Context) error { return errors.New("the database is gone") }
	})
}

func TestOAuthEndpointsAtAllTheirAddresses(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		client := webtest.Header("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(s.Job.ClientID+":"+s.Job.Secret)))
		device := deviceClient(t, s)
		password := webtest.Form("grant_type", "password", "username", "om", "password", webtest.Password)
		for _, root := range []string{"/o/", "/api/o/", "/api/controller/o/", "/"} {
			names := map[string]string{"device": "device_authorization", "token": "token", "revoke": "revoke_token", "introspect": "introspect"}
			if root == "/" {
				names["revoke"] = "revoke"
			} else {
				for _, form := range []string{root, strings.TrimSuffix(root, "/")} {
					s.Get(t, "", form).Want(200).Equal("token", root+"token/").Equal("authorize", root+"authorize/").
						Equal("revoke_token", root+"revoke_token/").Equal("introspect", root+"introspect/")
				}
			}
			for _, slash := range []string{"", "/"} {
				issued := s.Post(t, "", root+names["token"]+slash, password, client).Want(200).Equal("token_type", "Bearer")
				token := webtest.Form("token", issued.String("access_token"))
				s.Post(t, "", root+names["introspect"]+slash, token, client).Want(200).Equal("active", true)
				s.Post(t, "", root+names["revoke"]+slash, token, client).Want(200)
				s.Post(t, "", root+names["introspect"]+slash, token, client).Want(200).Equal("active", false)
				issued = s.Post(t, "", root+"device_authorization"+slash, webtest.Form("client_id", device.ClientID)).Want(200).
					Equal("verification_uri", "http://localhost:8080/device")
				poll := webtest.Form("grant_type", models.GrantDeviceCode, "client_id", device.ClientID, "device_code", issued.String("device_code"))
				s.Post(t, "", root+names["token"]+slash, poll).Want(400).Equal("error", "authorization_pending")
				for _, name := range names {
					a := s.Get(t, "", root+name+slash).Want(405).Equal("error", "invalid_request")
					if a.Header.Get("Allow") != "POST, OPTIONS" {
						t.Errorf("%s: Allow is %q", root+name, a.Header.Get("Allow"))
					}
				}
			}
		}
		for _, address := range []string{"/o/nothing", "/api/o/nothing/", "/.well-known/nothing"} {
			s.Get(t, "", address).Want(404).Equal("error", "invalid_request")
		}
		for _, slash := range []string{"", "/"} {
			s.Get(t, "", "/.well-known/oauth-authorization-server"+slash).Want(200).Equal("issuer", "http://localhost:8080")
			for _, api := range []string{"/api/gateway/v1", "/api/controller/v2"} {
				s.Get(t, "", "/.well-known/oauth-protected-resource"+api+slash).Want(200).Equal("resource", "http://localhost:8080"+api+"/")
			}
		}
	})
}

// deviceClient is a public application that may use the device grant.
func deviceClient(t *testing.T, s *webtest.Site) *models.Application {
	t.Helper()
	id, name, kind, grant := &s.Organization.ID, "display", "public", models.GrantDeviceCode
	made, _, err := s.CreateApplication(t.Context(), server.Command("test"), models.FaceGateway,
		server.ApplicationInput{Name: &name, OrganizationID: &id, ClientType: &kind, AuthorizationGrantType: &grant})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		ids := map[string]bool{}
		for _, address := range []string{"/", "/login", "/nothing", "/api/", "/api/v2/tokens/", "/o/", "/healthz/live", "/.well-known/oauth-authorization-server"} {
			a := s.Get(t, "", address, webtest.Header("X-Request-ID", "from outside"))
			if id := a.Header.Get("X-Request-ID"); len(id) != 20 || ids[id] {
				t.Errorf("%s: X-Request-ID is %q", address, id)
			}
			ids[a.Header.Get("X-Request-ID")] = true
			if a.Header.Get("X-Content-Type-Options") != "nosniff" || a.Header.Get("Cache-Control") != "no-store" ||
				!strings.Contains(a.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") || a.Header.Get("Referrer-Policy") == "" {
				t.Errorf("%s: %v", address, a.Header)
			}
		}
	})
}

func TestStaticFiles(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		a := s.Get(t, "", static.Path("app.css")).Want(200)
		if a.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("Cache-Control is %q", a.Header.Get("Cache-Control"))
		}
		s.Get(t, "", "/static/x/../../web.go").Want(404)
		s.Post(t, "", static.Path("app.css"), nil).Want(405)
	})
}

// TestLogHoldsNoQueries: a line for each request, with its caller, without query strings.
func TestLogHoldsNoQueries(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		a := s.Get(t, "alice", "/api/v2/me/?secret=sesame&code=sesame")
		s.Get(t, "", "/setup?code=sesame")
		s.Post(t, "", "/o/token/?client_secret=sesame", url.Values{"password": {"sesame"}})
		log := s.Log.String()
		if strings.Contains(log, "sesame") {
			t.Errorf("the log: %s", log)
		}
		for _, want := range []string{a.Header.Get("X-Request-ID"), `"path":"/api/v2/me/"`, `"status":200`, `"address":"` + webtest.Address + `"`, `"user":`} {
			if !strings.Contains(log, want) {
				t.Errorf("the log lacks %s: %s", want, log)
			}
		}
	})
}

// TestNoAnswerFromTheDatabase: nobody is taken for nobody because it could not be found out who they are.
func TestNoAnswerFromTheDatabase(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		session := s.SignIn(t, "alice")
		late := func(r *http.Request) {
			ctx, cancel := context.WithDeadline(r.Context(), time.Unix(0, 0))
			t.Cleanup(cancel)
			*r = *r.WithContext(ctx)
		}
		for name, who := range map[string]func(*http.Request){"bearer": webtest.Bearer(models.RandomText(30)), "session": session.Reads,
			"Basic": func(r *http.Request) { r.SetBasicAuth("alice", webtest.Password) }} {
			for _, mount := range []string{"/api/gateway/v1/", "/api/v2/"} {
				a := s.Get(t, "", mount+"tokens/", who, late)
				if a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" || a.String("detail") == "" {
					t.Errorf("%s: %d: %s", name, a.Status, a.Text)
				}
				s.Get(t, "", mount+"ping/", who, late).Want(200)
			}
		}
		s.Get(t, "", "/api/v2/tokens/", late).Want(401)
		if err := s.DB.Close(); err != nil {
			t.Fatal(err)
		}
		s.Get(t, "", "/healthz/ready").Want(503)
		s.Get(t, "", "/healthz/live").Want(200)
		a := s.Get(t, "alice", "/api/v2/tokens/")
		if a.Status < 500 || strings.Contains(a.Text, "sql") || !strings.Contains(s.Log.String(), a.Header.Get("X-Request-ID")) {
			t.Errorf("a failure: %s", a.Text)
		}
	})
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	if _, err := web.New(web.Options{}); err == nil {
		t.Error("a surface without a server")
	}
}

// TestClientsCannotChooseTheirAddress: what a client says of itself in headers does not count, unless a trusted proxy hands it on.
func TestClientsCannotChooseTheirAddress(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		s.Get(t, "", "/api/v2/ping/", webtest.Header("X-Forwarded-For", "203.0.113.9"), webtest.Header("Forwarded", "for=203.0.113.9"))
		if log := s.Log.String(); strings.Contains(log, "203.0.113.9") {
			t.Errorf("the log: %s", log)
		}
		r := httptest.NewRequest("GET", "/api/v2/ping/", nil)
		r.RemoteAddr = "[fe80::1%eth0]:1"
		s.Handler.ServeHTTP(httptest.NewRecorder(), r)
		if log := s.Log.String(); !strings.Contains(log, `"address":"fe80::1"`) {
			t.Errorf("the log: %s", log)
		}
	})
}

// trustingProxies makes a site believe those who ask in tests.
func trustingProxies(c *webtest.Config) {
	c.Web.TrustedProxies = []netip.Prefix{netip.MustParsePrefix(webtest.Address + "/32")}
}

// TestAddressFromATrustedProxy: the client's address is what the log and the use of a token are noted with.
func TestAddressFromATrustedProxy(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		token := s.Post(t, "alice", "/api/gateway/v1/tokens/", map[string]any{}).Want(201)
		s.Get(t, "", "/api/gateway/v1/me/", webtest.Bearer(token.String("token")), webtest.Header("X-Forwarded-For", "198.51.100.1, 203.0.113.9")).Want(200)
		if log := s.Log.String(); !strings.Contains(log, `"address":"203.0.113.9"`) || strings.Contains(log, "198.51.100.1") {
			t.Errorf("the log: %s", log)
		}
		stored, err := s.DB.Read(t.Context()).AccessToken(token.Int("id"))
		if err != nil || stored.LastUsedAddress != "203.0.113.9" {
			t.Errorf("used from %q, %v", stored.LastUsedAddress, err)
		}
	}, trustingProxies)
}

// TestForwardedHeadersNameNothing: issuer, links and cookies come from the settings, never from Host or what proxies forward.
func TestForwardedHeadersNameNothing(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		forged := func(r *http.Request) {
			r.Host = "evil.example"
			for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Server", "X-Original-Host", "X-Host"} {
				r.Header.Set(name, "evil.example")
			}
			r.Header.Set("X-Forwarded-Proto", "https")
			r.Header.Set("X-Forwarded-Prefix", "/evil.example")
			r.Header.Set("X-Forwarded-Port", "443")
			r.Header.Set("Forwarded", "host=evil.example;proto=https")
		}
		for _, address := range []string{"/.well-known/oauth-authorization-server", "/o/", "/api/", "/api/gateway/v1/", "/api/v2/users/", "/login", "/tokens", "/o/authorize/"} {
			a := s.Get(t, "admin", address, forged)
			for name, values := range a.Header {
				a.Text += "\n" + name + ": " + strings.Join(values, "\n")
			}
			if strings.Contains(a.Text, "evil.example") || strings.Contains(a.Text, "Secure") {
				t.Errorf("%s: %s", address, a.Text)
			}
		}
		s.Get(t, "", "/.well-known/oauth-authorization-server", forged).Equal("issuer", "http://localhost:8080")
		if cookie := s.Get(t, "", "/login", forged).Header.Get("Set-Cookie"); !strings.HasPrefix(cookie, "csrftoken=") {
			t.Errorf("no cookie was seen: %q", cookie)
		}
	}, trustingProxies)
}
