package api_test

import (
	"testing"

	"gatehouse/web/webtest"
)

// TestRotateSecret: contract §12.33, at the gateway: the new secret is shown once, beside the old one for as long as is asked.
func TestRotateSecret(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		rotate := path(G, "applications", s.App.ID, "rotate_secret")
		a := s.Post(t, "oa", rotate, fields{"overlap_seconds": 60}).Want(200).Equal("id", s.App.ID).Equal("modified_by", s.ID("oa"))
		if secret := a.String("client_secret"); !clientSecretPattern.MatchString(secret) || secret == s.App.Secret {
			t.Errorf("the new secret has %d characters", len(secret))
		}
		password := webtest.Form("grant_type", "password", "username", "om", "password", webtest.Password)
		fresh := webtest.Client{Application: s.App.Application, Secret: a.String("client_secret")}
		for _, client := range []webtest.Client{s.App, fresh} {
			s.Post(t, "", "/o/token/", password, basic(client)).Want(200)
		}
		s.Get(t, "oa", path(G, "applications", s.App.ID)).Want(200).Equal("client_secret", gatewayMask)
		s.DB.Clock.Advance(60 * 1e9)
		s.Post(t, "", "/o/token/", password, basic(s.App)).Want(401)
		s.Post(t, "", "/o/token/", password, basic(fresh)).Want(200)
		for _, who := range []string{"om", "bob", "aud"} {
			s.Post(t, who, rotate, fields{"overlap_seconds": "x"}).Want(403) // before anything is said about the input
		}
		for _, wrong := range []any{-1, 2_592_001, "soon", 1.5, true, nil, []int{1}} {
			if a := s.Post(t, "oa", rotate, fields{"overlap_seconds": wrong}).Want(400); a.String("overlap_seconds.0") == "" {
				t.Errorf("overlap_seconds %v: %s", wrong, a.Text)
			}
		}
		public := s.Post(t, "oa", G+"applications/", application(s, fields{"client_type": "public"})).Want(201).String("url")
		s.Post(t, "oa", public+"rotate_secret/", fields{}).Want(400).Equal("non_field_errors.0", "A public client has no secret.")
		s.Post(t, "oa", rotate+"?validate=true", fields{}).Want(202)
		s.Post(t, "", "/o/token/", password, basic(fresh)).Want(200)
		s.Post(t, "oa", rotate, nil).Want(200) // without a body: at once
		s.Post(t, "", "/o/token/", password, basic(fresh)).Want(401)
		s.Post(t, "oa", path(C, "applications", s.Job.ID, "rotate_secret"), fields{}).Want(404)
		s.Get(t, "oa", rotate).Want(405)
	})
}

// TestRegenerateToken: contract §12.33, at the gateway alone.
func TestRegenerateToken(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		made := s.Post(t, "alice", G+"tokens/", fields{"description": "ci", "scope": "write"}).Want(201)
		regenerate := made.String("url") + "regenerate/"
		a := s.Post(t, "alice", regenerate, fields{"overlap_seconds": 60}).Want(200)
		for _, key := range []string{"id", "url", "description", "scope", "expires", "user", "created"} {
			a.Equal(key, made.At(key))
		}
		if value := a.String("token"); !tokenPattern.MatchString(value) || value == made.String("token") {
			t.Error("there is no new value")
		}
		for _, mount := range []string{G, C} {
			for _, value := range []string{made.String("token"), a.String("token")} {
				s.Get(t, "", mount+"me/", webtest.Bearer(value)).Want(200).Equal("results.0.username", "alice")
			}
		}
		s.DB.Clock.Advance(60 * 1e9)
		s.Get(t, "", G+"me/", webtest.Bearer(made.String("token"))).Want(401)
		s.Get(t, "alice", made.String("url")).Want(200).Equal("token", gatewayMask)
		itself := s.Post(t, "", regenerate, fields{}, webtest.Bearer(a.String("token"))).Want(200)
		s.Get(t, "", G+"me/", webtest.Bearer(a.String("token"))).Want(401)
		s.Get(t, "", G+"me/", webtest.Bearer(itself.String("token"))).Want(200)
		s.Post(t, "admin", regenerate, fields{}).Want(403)
		s.Post(t, "bob", regenerate, fields{"overlap_seconds": "x"}).Want(403)
		s.Post(t, "alice", regenerate, fields{"overlap_seconds": "x"}).Want(400).Equal("overlap_seconds.0", "A valid integer is required.")
		s.Post(t, "alice", G+"tokens/4711/regenerate/", fields{}).Want(404)
		controller, _ := newToken(t, s, "alice", C, nil)
		s.Post(t, "alice", path(G, "tokens", controller, "regenerate"), fields{}).Want(403).Contains("belongs to the automation controller")
		s.Post(t, "alice", path(C, "tokens", controller, "regenerate"), fields{}).Want(404)
		id, _ := newToken(t, s, "om", G, fields{"application": s.App.ID})
		s.Post(t, "om", path(G, "tokens", id, "regenerate"), fields{}).Want(400).Contains("Only personal access tokens")
	})
}
