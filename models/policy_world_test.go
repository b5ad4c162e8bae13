package models

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// The world that the policy is asked about: two organizations, nine people, and what they own.
const (
	orgO, orgP int64 = 1, 2

	alice, bob, om, oa, pa, oaud, aud, audoa, su int64 = 11, 12, 13, 14, 15, 16, 17, 18, 19
)

// people are the signed-in callers of the table.
var people = map[string]*User{
	"alice": {ID: alice},                                                               // an ordinary user without organization
	"bob":   {ID: bob},                                                                 // another
	"om":    {ID: om, Memberships: roles(orgO, RoleMember)},                            // member of O
	"oa":    {ID: oa, Memberships: roles(orgO, RoleAdmin)},                             // administrator of O, who counts as a member
	"pa":    {ID: pa, Memberships: roles(orgP, RoleAdmin)},                             // administrator of another organization, P
	"oaud":  {ID: oaud, Memberships: roles(orgO, RoleAuditor)},                         // auditor of O
	"aud":   {ID: aud, IsPlatformAuditor: true},                                        // platform auditor
	"audoa": {ID: audoa, IsPlatformAuditor: true, Memberships: roles(orgO, RoleAdmin)}, // platform auditor who administers O
	"su":    {ID: su, IsSuperuser: true},                                               // superuser
	"cli":   nil,                                                                       // the command line
}

func roles(organization int64, roles ...Role) []Membership {
	memberships := make([]Membership, len(roles))
	for n, role := range roles {
		memberships[n] = Membership{OrganizationID: organization, Role: role}
	}
	return memberships
}

func actor(name string) Actor { return Actor{User: people[name], System: name == "cli"} }

func bearer(name string, scope Scope) Actor {
	return Actor{User: people[name], Token: &AccessToken{Scope: scope}}
}

// caller is a person as they come: by session or Basic, or with a bearer token of some scope. always is the outcome that holds
// whatever is asked for, writes the one that holds for all but reading.
type caller struct {
	title, name    string
	actor          Actor
	always, writes Outcome
}

// callers lists everybody in every way to come. Scope only narrows: with "write" a token is as good as a session, with "read" it
// reads (contract §4); who is nobody gets no further than the door.
func callers() []caller {
	all := []caller{
		{title: "anonymous", always: Unauthenticated},
		{title: "bearer of nobody, write", actor: bearer("", ScopeWrite), always: Forbidden},
		{title: "bearer of nobody, read", actor: bearer("", ScopeRead), always: Forbidden},
	}
	for name := range people {
		all = append(all, caller{title: name, name: name, actor: actor(name)})
		if name == "cli" {
			continue
		}
		all = append(all,
			caller{title: name + ", bearer of write", name: name, actor: bearer(name, ScopeWrite)},
			caller{title: name + ", bearer of read write", name: name, actor: bearer(name, ScopeAll)},
			caller{title: name + ", bearer of read", name: name, actor: bearer(name, ScopeRead), writes: ScopeTooNarrow},
			caller{title: name + ", bearer without scope", name: name, actor: bearer(name, ""), always: ScopeTooNarrow})
	}
	return all
}

// things are what the table is about, made anew for each question. Those in creations exist only as a request to make them, in
// the requester's name.
var (
	things = map[string]any{
		"personal token of alice, gateway":                    token(Gateway, alice, nil),
		"personal token of alice, controller":                 token(Controller, alice, nil),
		"personal token of om, gateway":                       token(Gateway, om, nil),
		"application token of O as alice, gateway":            token(Gateway, alice, application(Gateway, orgO, 0)),
		"application token of O as alice, controller":         token(Controller, alice, application(Controller, orgO, 0)),
		"application token of O as nobody, gateway":           token(Gateway, 0, application(Gateway, orgO, 0)),
		"application token of no organization as alice":       token(Controller, alice, application(Controller, 0, 0)),
		"application token whose application was not loaded":  &AccessToken{Platform: Gateway, UserID: id(alice), ApplicationID: id(7)},
		"application of O, gateway":                           application(Gateway, orgO, 0),
		"application of O, controller":                        application(Controller, orgO, 0),
		"application of no organization, controller":          application(Controller, 0, 0),
		"user alice, of no organization":                      people["alice"],
		"user om, of O":                                       people["om"],
		"user oa, administrator of O":                         people["oa"],
		"user of O and P":                                     &User{ID: 31, Memberships: append(roles(orgO, RoleMember), roles(orgP, RoleMember)...)},
		"user of O who is platform auditor":                   &User{ID: 32, IsPlatformAuditor: true, Memberships: roles(orgO, RoleMember)},
		"user of O who is superuser":                          &User{ID: 33, IsSuperuser: true, Memberships: roles(orgO, RoleMember)},
		"user su, superuser":                                  people["su"],
		"organization O":                                      &Organization{ID: orgO},
		"membership in O of a user of P":                      &User{ID: 34, Memberships: roles(orgP, RoleMember)},
		"membership in O of a user of no organization":        &User{ID: 35, Stamps: Stamps{CreatedBy: id(pa)}},
		"membership in O of a user of no organization, by oa": &User{ID: 36, Stamps: Stamps{CreatedBy: id(oa)}},
		"membership in O of a superuser of P":                 &User{ID: 37, IsSuperuser: true, Memberships: roles(orgP, RoleMember)},
	}
	creations = map[string]func(requester int64) any{
		"new personal token, gateway":                     requested(Gateway, nil),
		"new personal token, controller":                  requested(Controller, nil),
		"new token of O's application, gateway":           requested(Gateway, application(Gateway, orgO, 0)),
		"new token of O's application, controller":        requested(Controller, application(Controller, orgO, 0)),
		"new token of an application of O owned by alice": requested(Gateway, application(Gateway, orgO, alice)),
		"new token of an application of O owned by oa":    requested(Gateway, application(Gateway, orgO, oa)),
		"new token of an application of no organization":  requested(Controller, application(Controller, 0, 0)),
	}
)

func id(n int64) *int64 {
	if n == 0 {
		return nil
	}
	return &n
}

func application(platform Platform, organization, owner int64) *Application {
	return &Application{ID: 7, Platform: platform, OrganizationID: id(organization), UserID: id(owner)}
}

func token(platform Platform, user int64, app *Application) *AccessToken {
	t := &AccessToken{Platform: platform, UserID: id(user), Application: app}
	if app != nil {
		t.ApplicationID = &app.ID
	}
	return t
}

func requested(platform Platform, app *Application) func(int64) any {
	return func(requester int64) any { return token(platform, requester, app) }
}

// ask is what a request does: the door first, then the thing.
func ask(p Policy, a Actor, action Action, name string, thing any, face Face) error {
	if err := p.Enter(a, action != ActionRead); err != nil {
		return err
	}
	return askDirectly(p, a, action, name, thing, face)
}

func askDirectly(p Policy, a Actor, action Action, name string, thing any, face Face) error {
	switch thing := thing.(type) {
	case *AccessToken:
		return p.Token(a, action, thing, face)
	case *Application:
		return p.Application(a, action, thing, face)
	case *Organization:
		return p.Organization(a, action, thing, face)
	case *User:
		if strings.HasPrefix(name, "membership in O") {
			return p.Membership(a, action, orgO, thing)
		}
		return p.User(a, action, thing, face)
	default:
		panic(fmt.Sprintf("no rule for %T", thing))
	}
}

// invalidInput stands for Invalid among the outcomes, permitted for no refusal.
const (
	permitted    Outcome = ""
	invalidInput Outcome = "invalid"
)

func outcome(t testing.TB, err error) Outcome {
	t.Helper()
	var denied *Denied
	var invalid Invalid
	switch {
	case err == nil:
		return permitted
	case errors.As(err, &denied):
		return denied.Outcome
	case errors.As(err, &invalid):
		return invalidInput
	}
	t.Fatalf("neither Denied nor Invalid: %v", err)
	return ""
}
