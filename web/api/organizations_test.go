package api_test

import (
	"fmt"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/openapi/openapitest"
	"gatehouse/web/webtest"
)

func TestOrganizations(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			a := s.Post(t, "admin", mount+"organizations/", fields{"name": "new at " + mount, "description": "d"}).Want(201).Equal("description", "d").
				Equal("type", "organization")
			url := a.String("url")
			s.Post(t, "admin", mount+"organizations/", fields{"name": "new at " + mount}).Want(400).
				Equal("name.0", "Organization with this Name already exists.")
			s.Post(t, "admin", mount+"organizations/", fields{}).Want(400).Equal("name.0", "This field is required.")
			s.Post(t, "admin", mount+"organizations/", fields{"name": nil}).Want(400).Equal("name.0", "This field may not be null.")
			s.Post(t, "oa", mount+"organizations/", fields{"name": "no"}).Want(403)
			s.Put(t, "admin", url, fields{"name": "renamed at " + mount}).Want(200).Equal("description", "")
			s.Delete(t, "oa", path(mount, "organizations", s.Organization.ID)).Want(403)
			s.Delete(t, "admin", url).Want(204)
			s.Get(t, "admin", url).Want(404)
			organization := path(mount, "organizations", s.Organization.ID)
			for who, status := range map[string]int{"admin": 200, "aud": 200, "oa": 200, "om": 200, "bob": 403, "pa": 403, "": 401} {
				s.Get(t, who, organization).Want(status)
			}
			for who, status := range map[string]int{"admin": 200, "oa": 200, "om": 403, "aud": 403, "": 401} {
				s.Patch(t, who, organization, fields{"description": "by " + who}).Want(status)
			}
			s.Get(t, "om", mount+"organizations/").Want(200).Equal("count", 1)
			s.Get(t, "alice", mount+"organizations/").Want(200).Equal("count", 0)
			s.Get(t, "om", organization+"applications/").Want(200).Equal("count", map[string]int{G: 2, C: 1}[mount])
		}
		s.Get(t, "admin", path(C, "organizations", s.Organization.ID)).Want(200).Equal("max_hosts", 0).Equal("custom_virtualenv", nil)
		s.Post(t, "oa", path(C, "organizations", s.Organization.ID, "applications"), application(s, fields{"organization": s.Other.ID})).Want(201).
			Equal("organization", s.Organization.ID)
	})
}

func TestMembersAtTheController(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, role := range []string{"users", "admins", "auditors"} {
			members := path(C, "organizations", s.Other.ID, role)
			before := s.Get(t, "admin", members).Want(200).Int("count")
			s.Post(t, "admin", members, fields{"id": s.ID("alice")}).Want(204)
			s.Post(t, "admin", members, fields{"id": s.ID("alice")}).Want(204)
			s.Get(t, "admin", members).Want(200).Equal("count", before+1).Equal("results.0.username", "alice")
			s.Post(t, "admin", members, fields{"id": s.ID("alice"), "disassociate": true}).Want(204)
			s.Get(t, "admin", members).Want(200).Equal("count", before)
			s.Post(t, "admin", members, fields{"id": 4711}).Want(400).Equal("id.0", `Invalid pk "4711" - object does not exist.`)
			s.Post(t, "admin", members, fields{"id": nil}).Want(400).Equal("id.0", "This field may not be null.")
			s.Post(t, "admin", members, fields{"id": "alice"}).Want(400)
			s.Post(t, "oa", members, fields{"id": s.ID("om")}).Want(403)
			s.Post(t, "bob", members, fields{"id": s.ID("om")}).Want(403)
			s.Post(t, "admin", path(C, "organizations/4711", role), fields{"id": s.ID("om")}).Want(404)
		}
		members := path(C, "organizations", s.Organization.ID, "users")
		a := s.Post(t, "oa", members, fields{"username": "carol", "password": "a long password"}).Want(201).Equal("username", "carol")
		s.Get(t, "oa", members+"?username=carol").Want(200).Equal("count", 1).Equal("results.0.id", a.Int("id"))
		s.Post(t, "om", members, fields{"username": "dave", "password": "a long password"}).Want(403)
		for _, role := range []string{"admins", "auditors"} {
			s.Post(t, "admin", path(C, "organizations", s.Organization.ID, role), fields{"username": "dave", "password": "a long password"}).Want(400).
				Equal("id.0", "This field is required.")
		}
	})
}

func TestMembersAtTheGateway(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, role := range []string{"users", "admins", "auditors"} {
			members := path(G, "organizations", s.Other.ID, role)
			before := s.Get(t, "admin", members).Want(200).Int("count")
			both := fields{"instances": []int64{s.ID("alice"), s.ID("bob")}}
			s.Post(t, "admin", members+"associate/", both).Want(204)
			s.Get(t, "admin", members).Want(200).Equal("count", before+2)
			s.Post(t, "admin", members+"disassociate/", both).Want(204)
			s.Get(t, "admin", members).Want(200).Equal("count", before)
			s.Post(t, "admin", members+"associate/", fields{"instances": []any{s.ID("alice"), 4711}}).Want(400).
				Equal("instances.0", `Invalid pk "4711" - object does not exist.`).Equal("id", nil)
			s.Post(t, "admin", members+"associate/", fields{"instances": []any{nil, "x"}}).Want(400)
			s.Post(t, "admin", members+"associate/", fields{}).Want(400).Equal("instances.0", "This field is required.")
			s.Get(t, "admin", members).Want(200).Equal("count", before) // all or nothing
			s.Post(t, "admin", members, fields{"id": s.ID("alice")}).Want(405)
			for _, who := range []string{"oa", "om", "bob"} {
				s.Post(t, who, members+"associate/", both).Want(403)
				s.Post(t, who, members+"associate/", fields{"instances": []int64{}}).Want(403)
			}
		}
	})
}

// TestOrganizationFields: contract §1.4 on both platforms.
func TestOrganizationFields(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			create := func(name, description any) *webtest.Answer {
				return s.Post(t, "admin", mount+"organizations/", fields{"name": name, "description": description})
			}
			const tooMany = "Ensure this field has no more than %d characters."
			for name, message := range map[any]string{"": "This field may not be blank.", "  ": "This field may not be blank.", true: "Not a valid string.",
				nil: "This field may not be null.", strings.Repeat("ü", 513): fmt.Sprintf(tooMany, 512), "O": "Organization with this Name already exists."} {
				create(name, "").Want(400).Equal("name.0", message)
			}
			create("described at "+mount, strings.Repeat("ü", 10_001)).Want(400).Equal("description.0", fmt.Sprintf(tooMany, 10_000))
			create("described at "+mount, nil).Want(400).Equal("description.0", "This field may not be null.")
			longest := mount + strings.Repeat("ü", 512-len(mount))
			a := s.Post(t, "admin", mount+"organizations/", fields{"name": " " + longest + " ", "description": strings.Repeat("ü", 10_000)}, openapitest.Odd).
				Want(201).Equal("name", longest)
			s.Put(t, "admin", a.String("url"), fields{"name": longest}).Want(200).Equal("description", "")
			s.Put(t, "admin", a.String("url"), fields{"description": "x"}).Want(400).Equal("name.0", "This field is required.")
			s.Patch(t, "admin", a.String("url"), fields{"name": "P"}).Want(400).Equal("name.0", "Organization with this Name already exists.")
			for key, value := range map[string]any{"max_hosts": 0, "custom_virtualenv": nil, "default_environment": nil} {
				if a.Equal(key, map[bool]any{true: value}[mount == C]).Has(key) != (mount == C) {
					t.Errorf("%s: %s is at the wrong platform", mount, key)
				}
			}
			s.Patch(t, "admin", a.String("url"), fields{"max_hosts": 7, "managed": true}).Want(200).Equal("max_hosts", a.At("max_hosts")).Equal("managed", a.At("managed"))
		}
	})
}

// TestOrganizationAuditors: who audits an organization reads it and, at the controller, its applications' tokens, and changes nothing.
func TestOrganizationAuditors(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		organization := path(C, "organizations", s.Organization.ID)
		for _, mount := range []string{G, C} {
			s.Get(t, "admin", path(mount, "organizations", s.Organization.ID)).Want(200).Equal("related.auditors", path(mount, "organizations", s.Organization.ID, "auditors"))
			s.Do(t, "admin", "OPTIONS", path(mount, "organizations", s.Organization.ID, "auditors"), nil).Want(200).Equal("types.0", "user")
		}
		s.Get(t, "bob", organization).Want(403)
		s.Post(t, "oa", organization+"auditors/", fields{"id": s.ID("bob")}).Want(403).Contains("belongs to no organization")
		s.Post(t, "admin", organization+"auditors/", fields{"id": s.ID("bob")}).Want(204)
		if newest := entries(t, s)[0]; newest.Operation != models.OperationAssociate || newest.Note != "auditor" || newest.ObjectID != s.Organization.ID {
			t.Errorf("the newest entry is %+v", newest)
		}
		id, _ := newToken(t, s, "om", C, fields{"application": s.Job.ID})
		s.Get(t, "bob", organization).Want(200)
		s.Get(t, "bob", path(C, "tokens", id)).Want(200)
		s.Patch(t, "bob", organization, fields{"description": "x"}).Want(403)
		s.Post(t, "bob", organization+"auditors/", fields{"id": s.ID("alice")}).Want(403)
		s.Delete(t, "bob", path(C, "tokens", id)).Want(403)
		s.Get(t, "om", organization+"auditors/").Want(200).Equal("count", 1).Equal("results.0.username", "bob")
		s.Get(t, "om", organization+"users/?username=bob").Want(200).Equal("count", 0)
		s.Post(t, "oa", path(G, "organizations", s.Organization.ID, "auditors/disassociate"), fields{"instances": []int64{s.ID("bob")}}).Want(204)
		if newest := entries(t, s)[0]; newest.Operation != models.OperationDisassociate || newest.Note != "auditor" {
			t.Errorf("the newest entry is %+v", newest)
		}
		s.Get(t, "bob", path(C, "tokens", id)).Want(403)
		s.Get(t, "bob", organization).Want(403)
	})
}
