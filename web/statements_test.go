package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"gatehouse/openapi"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

// statements counts the statements of what is done.
func statements(t *testing.T, s *webtest.Site) func(do func()) int64 {
	t.Helper()
	var n atomic.Int64
	if err := s.DB.Trace(func(store.Statement) { n.Add(1) }); err != nil {
		t.Fatal(err)
	}
	return func(do func()) int64 {
		before := n.Load()
		do()
		return n.Load() - before
	}
}

// crowd makes as many of all that lists show, each with others about it.
func crowd(t *testing.T, s *webtest.Site, round, number int) {
	t.Helper()
	for n := range number {
		name := fmt.Sprintf("crowd %d %d", round, n)
		user := s.Post(t, "admin", "/api/gateway/v1/users/", map[string]any{"username": strings.ReplaceAll(name, " ", "-"), "password": webtest.Password}).Want(201)
		organization := s.Post(t, "admin", "/api/gateway/v1/organizations/", map[string]any{"name": name}).Want(201)
		id := organization.Int("id")
		s.Post(t, "admin", fmt.Sprintf("/api/gateway/v1/organizations/%d/users/associate/", id), map[string]any{"instances": []int64{user.Int("id")}}).Want(204)
		s.Post(t, "admin", fmt.Sprintf("/api/gateway/v1/organizations/%d/admins/associate/", s.Organization.ID), map[string]any{"instances": []int64{user.Int("id")}}).Want(204)
		for _, mount := range []string{"/api/gateway/v1/", "/api/controller/v2/"} {
			application := s.Post(t, "admin", mount+"applications/", map[string]any{"name": name + mount, "organization": s.Organization.ID, "client_type": "confidential", "authorization_grant_type": "password"}).Want(201)
			s.Post(t, "admin", mount+"tokens/", map[string]any{"description": name, "scope": "read", "application": application.Int("id")}).Want(201)
			s.Post(t, "admin", mount+"tokens/", map[string]any{"description": name, "scope": "read"}).Want(201)
		}
	}
}

// TestStatementsOfEveryReading: no list or object takes more statements the more rows there are. What is asked are the operations of the description.
func TestStatementsOfEveryReading(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		count := statements(t, s)
		crowd(t, s, 0, 2)
		token := s.Post(t, "admin", "/api/controller/v2/tokens/", map[string]any{"description": "one", "scope": "read"}).Want(201).Int("id")
		addresses, few := map[string]string{}, map[string]int64{}
		for _, group := range openapi.Read().Groups {
			for _, o := range group.Operations {
				if o.Method == http.MethodGet && strings.HasPrefix(o.Path, "/api/") && !strings.Contains(o.Path, "/o/") {
					addresses[o.ID] = strings.ReplaceAll(o.Path, "{id}", fmt.Sprint(numberIn(o.Path, s, token))) + "?page_size=200"
				}
			}
		}
		ask := func(id string) int64 {
			return count(func() { s.Get(t, "admin", addresses[id]) })
		}
		for id := range addresses {
			ask(id)
			few[id] = ask(id)
		}
		crowd(t, s, 1, 12)
		for id, before := range few {
			ask(id)
			if now := ask(id); now > before || now > 25 {
				t.Errorf("%s (%s) takes %d statements, with fewer rows %d", id, addresses[id], now, before)
			}
		}
		if len(few) < 80 {
			t.Errorf("only %d readings were asked", len(few))
		}
	})
}

// numberIn is the id of a thing that a path is about.
func numberIn(path string, s *webtest.Site, token int64) int64 {
	switch {
	case strings.Contains(path, "/v2/applications/"):
		return s.Job.ID
	case strings.Contains(path, "/applications/"):
		return s.App.ID
	case strings.Contains(path, "/organizations/"):
		return s.Organization.ID
	case strings.Contains(path, "/users/"):
		return s.ID("oa")
	case strings.Contains(path, "/tokens/"):
		return token
	}
	return 1
}

// TestStatementsOfTokens: what clients ask most takes no more statements than these, those that begin and end transactions aside.
func TestStatementsOfTokens(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		count := statements(t, s)
		send := func(path string, pairs ...string) *webtest.Answer {
			return s.Do(t, "", http.MethodPost, path, webtest.Form(pairs...), func(r *http.Request) { r.SetBasicAuth(s.App.ClientID, s.App.Secret) }).Want(200)
		}
		pair := send("/o/token/", "grant_type", "password", "username", "alice", "password", webtest.Password)
		for range 3 { // the first of each has the client read
			value := pair.String("access_token")
			refresh := count(func() {
				pair = send("/o/token/", "grant_type", "refresh_token", "refresh_token", pair.String("refresh_token"))
			})
			value, unknown := pair.String("access_token"), value
			first := count(func() { send("/o/introspect/", "token", value) })
			again := count(func() { send("/o/introspect/", "token", value) })
			revoked := count(func() { send("/o/introspect/", "token", unknown) })
			one := count(func() { s.Get(t, "", "/api/gateway/v1/me/", webtest.Bearer(value)).Want(200) })
			for what, got := range map[string][2]int64{"refreshing": {refresh, 12}, "introspection": {first, 5}, "introspection again": {again, 5}, "introspection of what is gone": {revoked, 6}, "oneself": {one, 8}} {
				if got[0] > got[1] {
					t.Errorf("%s takes %d statements, at most %d", what, got[0], got[1])
				}
			}
		}
	})
}
