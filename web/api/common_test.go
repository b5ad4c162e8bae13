package api_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"gatehouse/openapi/openapitest"
	"gatehouse/web/webtest"
)

func TestCase41WhoIsNobody(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		const words = "Authentication credentials were not provided."
		for mount, want := range map[string][2]string{
			G:     {words, `Bearer realm="api", resource_metadata="http://localhost:8080/.well-known/oauth-protected-resource/api/gateway/v1/"`},
			C:     {words + " To establish a login session, visit /api/login/.", "Bearer realm=api authorization_url=/api/o/authorize/"},
			short: {words + " To establish a login session, visit /api/login/.", "Bearer realm=api authorization_url=/api/o/authorize/"},
		} {
			for _, segment := range []string{"tokens/", "tokens/1/", "tokens/x/", "nothing/", "nothing/at/all", "tokens/1/nothing/"} {
				for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "NONSENSE"} {
					a := s.Do(t, "", method, mount+segment, nil).Want(401)
					if challenge := a.Header.Values("WWW-Authenticate"); len(challenge) != 1 || challenge[0] != want[1] {
						t.Errorf("%s %s: the challenge is %q", method, segment, challenge)
					}
					if method != "HEAD" {
						a.Equal("detail", want[0])
					}
				}
			}
			bad := s.Get(t, "", mount+"me/", webtest.Bearer("unknown")).Want(401).Header.Get("WWW-Authenticate")
			if !strings.HasPrefix(bad, want[1]) || !strings.Contains(bad, `error="invalid_token"`) {
				t.Errorf("the challenge is %q", bad)
			}
			wrong := s.Get(t, "", mount+"me/", func(r *http.Request) { r.SetBasicAuth("alice", "wrong") }).Want(401)
			wrong.Contains("Invalid username/password.")
			for _, broken := range []string{"Basic", "Basic !", "Basic YWxpY2U=", "Basic YWxpY2UA" + "Og==", "Digest x"} {
				s.Get(t, "", mount+"me/", webtest.Header("Authorization", broken)).Want(401)
			}
		}
		s.Get(t, "", "/api/nothing/").Want(401)
		for _, open := range []string{"/api/", "/api", "/api/controller/", "/api/gateway/", G, C, short, G + "ping/", C + "ping/", short + "ping", "/o/", "/api/o/"} {
			s.Get(t, "", open).Want(200)
			s.Get(t, "", open, webtest.Bearer("unknown")).Want(200)
		}
	})
}

func TestOrderOfAuthentication(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		_, token := newToken(t, s, "alice", G, nil)
		session := s.SignIn(t, "bob")
		s.Get(t, "om", G+"me/").Want(200).Equal("results.0.username", "om")
		s.Get(t, "om", G+"me/", session.Reads).Want(200).Equal("results.0.username", "bob")
		s.Get(t, "", G+"me/", session.Reads, webtest.Bearer(token)).Want(200).Equal("results.0.username", "alice")
		s.Get(t, "", G+"me/", session.Reads, webtest.Bearer("unknown")).Want(200).Equal("results.0.username", "bob")
		s.Get(t, "om", G+"me/", webtest.Bearer("unknown")).Want(200).Equal("results.0.username", "om")
		s.Post(t, "", G+"tokens/", fields{}, session.Reads, webtest.Bearer(token)).Want(201) // a bearer needs no CSRF token
		change(t, s, "om", disabled)
		s.Get(t, "om", G+"me/").Want(401)
		change(t, s, "bob", disabled)
		s.Get(t, "", G+"me/", session.Reads).Want(401)
	})
}

func TestBasicSwitchedOff(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			a := s.Get(t, "alice", mount+"me/").Want(401)
			a.Contains("Authentication credentials were not provided.")
		}
	}, func(c *webtest.Config) { c.Web.BasicEnabled = false })
}

func TestCase80SessionsNeedACSRFToken(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		session, other := s.SignIn(t, "alice"), s.SignIn(t, "alice")
		for _, mount := range []string{G, C} {
			s.Post(t, "", mount+"tokens/", fields{}, session.Reads).Want(403).Equal("detail", "CSRF Failed: CSRF token missing.")
			for _, wrong := range []string{"x", other.CSRF, strings.ToUpper(session.CSRF)} {
				s.Post(t, "", mount+"tokens/", fields{}, session.Reads, webtest.Header("X-CSRFToken", wrong)).Want(403).
					Equal("detail", "CSRF Failed: CSRF token incorrect.")
			}
			for _, foreign := range []func(*http.Request){webtest.Header("Origin", "https://evil.example.org"), webtest.Header("Sec-Fetch-Site", "cross-site")} {
				s.Post(t, "", mount+"tokens/", fields{}, session.Writes, foreign).Want(403)
			}
			for _, method := range []string{"PUT", "PATCH", "DELETE"} {
				s.Do(t, "", method, mount+"tokens/1/", fields{}, session.Reads).Want(403)
			}
			s.Post(t, "", mount+"tokens/", fields{}, session.Writes).Want(201)
			s.Post(t, "", mount+"tokens/", fields{}, session.Writes, webtest.Header("Origin", "http://localhost:8080")).Want(201)
		}
		a := s.Get(t, "", G+"me/", session.Reads).Want(200)
		if got := a.Header.Get("Session-Timeout"); got != "1800" {
			t.Errorf("Session-Timeout is %q", got)
		}
		lost := s.Get(t, "", G+"me/", func(r *http.Request) { r.AddCookie(session.Cookies[0]) }).Want(200)
		if cookie := lost.Header.Get("Set-Cookie"); !strings.HasPrefix(cookie, "csrftoken="+session.CSRF+";") {
			t.Errorf("a lost CSRF cookie is answered with %q", cookie)
		}
	})
}

func TestCSRFOverHTTPS(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		session := s.SignIn(t, "alice")
		session.Cookies[0].Name = "__Host-gatehouse_session"
		s.Post(t, "", G+"tokens/", fields{}, session.Writes).Want(403).Contains("CSRF Failed: Referer")
		for referer, status := range map[string]int{"https://gatehouse.example.org/api/": 201, "https://gatehouse.example.org.evil.example/": 403,
			"http://gatehouse.example.org/": 403, "https://evil.example/?https://gatehouse.example.org/": 403} {
			s.Post(t, "", G+"tokens/", fields{}, session.Writes, webtest.Header("Referer", referer)).Want(status)
		}
		plain := s.SignIn(t, "alice")
		s.Get(t, "", G+"me/", plain.Reads).Want(401) // without the prefix another host of the domain could have set it
	}, func(c *webtest.Config) { c.Server.Issuer = "https://gatehouse.example.org" })
}

func TestBodies(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		as := func(media string) func(*http.Request) {
			return func(r *http.Request) { r.Header.Set("Content-Type", media) }
		}
		for _, mount := range []string{G, C} {
			tokens := mount + "tokens/"
			for _, broken := range []string{"{", `{"a":1} {"b":2}`, `{"a":}`, "\xff", `{"a":"` + "\xff" + `"}`, "{'a':1}"} {
				a := s.Post(t, "alice", tokens, broken).Want(400)
				if !strings.HasPrefix(a.String("detail"), "JSON parse error - ") {
					t.Errorf("%q: %s", broken, a.Text)
				}
			}
			for text, name := range map[string]string{"[]": "list", "null": "NoneType", `"x"`: "str", "1": "int", "true": "bool"} {
				s.Post(t, "alice", tokens, text).Want(400).Contains("Invalid data. Expected a dictionary, but got " + name + ".")
			}
			s.Post(t, "alice", tokens, "{}", as("text/plain")).Want(415).Equal("detail", `Unsupported media type "text/plain" in request.`)
			s.Post(t, "alice", tokens, "{}", as("application/xml")).Want(415)
			s.Post(t, "alice", tokens, "{}", as("application/json; charset=utf-8")).Want(201)
			s.Post(t, "alice", tokens, "").Want(201)
			s.Post(t, "alice", tokens, nil).Want(201)
			s.Post(t, "alice", tokens, `{"description":"`+strings.Repeat("x", 2<<20)+`"}`).Want(413)
			s.Post(t, "alice", tokens, `{"description":"\u0000"}`).Want(400)
			s.Post(t, "alice", tokens, fields{"description": nil}).Want(400).Equal("description.0", "This field may not be null.")
			s.Post(t, "alice", tokens, fields{"description": 12}, openapitest.Odd).Want(201).Equal("description", "12")
			s.Post(t, "alice", tokens, fields{"description": fields{}}).Want(400).Equal("description.0", "Not a valid string.")
			for _, method := range []string{"GET", "HEAD", "DELETE"} { // clients send one along
				s.Do(t, "alice", method, mount+"tokens/4711/", "{}").Want(404)
				s.Do(t, "alice", method, mount+"tokens/4711/", "{").Want(404)
			}
		}
		form := webtest.Form("description", "by form", "scope", "read")
		s.Post(t, "alice", G+"tokens/", form).Want(201).Equal("description", "by form").Equal("scope", "read")
		s.Post(t, "alice", C+"tokens/", form).Want(415)
		s.Post(t, "alice", G+"tokens/", "a=%zz", as("application/x-www-form-urlencoded")).Want(400)
		s.Post(t, "alice", G+"tokens/", "description=%ff", as("application/x-www-form-urlencoded")).Want(400)
		made := s.Post(t, "oa", G+"applications/", webtest.Form("name", "form", "organization", "1", "client_type", "public", "authorization_grant_type", "password",
			"skip_authorization", "off", "grant_types", "password refresh_token")).Want(201)
		made.Equal("grant_types.0", "password").Equal("skip_authorization", false)
	})
}

func TestMethods(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for mount, allow := range map[string]string{G: "GET, POST, HEAD, OPTIONS", C: "GET, POST, HEAD, OPTIONS"} {
			for _, method := range []string{"PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} {
				for _, form := range []string{"tokens/", "tokens"} {
					a := s.Do(t, "alice", method, mount+form, nil).Want(405)
					if a.Header.Get("Allow") != allow || !strings.HasPrefix(a.String("detail"), `Method "`) {
						t.Errorf("%s: Allow %q: %s", method, a.Header.Get("Allow"), a.Text)
					}
				}
			}
			head := s.Do(t, "alice", "HEAD", mount+"tokens/", nil).Want(200)
			get := s.Get(t, "alice", mount+"tokens/").Want(200)
			if head.Text != "" || head.Header.Get("Content-Length") != get.Header.Get("Content-Length") || get.Header.Get("Content-Length") == "" {
				t.Errorf("HEAD: %q with Content-Length %q", head.Text, head.Header.Get("Content-Length"))
			}
			s.Post(t, "", mount+"ping/", nil).Want(405)
			s.Post(t, "", mount, nil).Want(405)
			s.Get(t, "alice", mount+"nothing/").Want(404).Equal("detail", "Not found.")
			s.Post(t, "alice", mount+"nothing/", nil).Want(404)
		}
	})
}

func TestHeaders(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			for _, a := range []*webtest.Answer{s.Get(t, "alice", mount+"tokens/").Want(200), s.Get(t, "alice", mount+"tokens/4711/").Want(404),
				s.Get(t, "alice", mount+"nothing/").Want(404), s.Do(t, "alice", "DELETE", mount+"tokens/", nil).Want(405), s.Post(t, "alice", mount+"tokens/", "{").Want(400)} {
				for name, pattern := range map[string]string{"X-API-Product-Name": "^Gatehouse$", "X-API-Node": ".", "X-API-Time": `^\d+\.\d{3}s$`,
					"X-API-Product-Version": `^4\.5\.0$`, "Content-Type": "^application/json$", "X-Content-Type-Options": "^nosniff$",
					"Cache-Control": "^no-store$", "X-Request-ID": "^[A-Za-z0-9]{20}$"} {
					if got := a.Header.Get(name); !regexp.MustCompile(pattern).MatchString(got) {
						t.Errorf("%s is %q", name, got)
					}
				}
			}
			for _, a := range []*webtest.Answer{s.Get(t, "", mount+"tokens/").Want(401), s.Get(t, "", mount+"ping/").Want(200)} {
				if a.Header.Get("X-API-Product-Name") == "" || a.Header.Get("X-API-Product-Version") != "" {
					t.Errorf("anonymous: %v", a.Header)
				}
			}
		}
	}, func(c *webtest.Config) { c.Web.Version = "v4.5.0-rc1" })
}

// TestProductHeaders: what the APIs call themselves can be set, for clients that compare it with their own (contract §2.1).
func TestProductHeaders(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C, short} {
			a := s.Get(t, "alice", mount+"me/").Want(200)
			if a.Header.Get("X-API-Product-Name") != "AWX" || a.Header.Get("X-API-Product-Version") != "24.6.1" {
				t.Errorf("%s: %v", mount, a.Header)
			}
			s.Get(t, "", mount+"ping/").Want(200).Equal("version", "24.6.1")
		}
		for _, login := range []string{"/api/login/", G + "login/"} { // a page is an answer too
			if a := s.Get(t, "", login).Want(200); a.Header.Get("X-API-Product-Name") != "AWX" || a.Header.Get("X-API-Product-Version") != "" {
				t.Errorf("%s: %v", login, a.Header)
			}
		}
	}, func(c *webtest.Config) { c.Web.ProductName, c.Web.ProductVersion = "AWX", "24.6.1" })
}

// TestValidate: at the gateway everything is checked and nothing stored; the controller does not know the word.
func TestValidate(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, who := range []string{"alice", "admin", "bob"} {
			s.Get(t, who, G+"me/").Want(200) // from where they come is noted once
		}
		before := dump(t, s)
		for _, a := range []*webtest.Answer{
			s.Post(t, "alice", G+"tokens/?validate=true", fields{}),
			s.Post(t, "admin", G+"applications/?validate=true", application(s, nil)),
			s.Put(t, "admin", path(G, "organizations", s.Organization.ID)+"?validate=true", fields{"name": "renamed"}),
			s.Patch(t, "admin", path(G, "users", s.ID("alice"))+"?validate=true", fields{"username": "alicia"}),
		} {
			a.Want(202).Equal("detail", "Request would have been accepted")
		}
		s.Post(t, "alice", G+"tokens/?validate=true", fields{"scope": "nonsense"}).Want(400)
		s.Post(t, "bob", G+"applications/?validate=true", application(s, nil)).Want(403)
		s.Patch(t, "admin", path(G, "users", s.ID("alice"))+"?validate=true", fields{"username": "bob"}).Want(400)
		s.Get(t, "alice", G+"tokens/?validate=true").Want(200)
		if dump(t, s) != before {
			t.Error("something was stored")
		}
		s.Post(t, "alice", C+"tokens/?validate=true", fields{}).Want(201)
	})
}
