package models

import (
	"errors"
	"testing"
)

// TestEnter is the door of both APIs (contract §4): who is there, and does the token's scope permit the kind of request?
func TestEnter(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name        string
		actor       Actor
		read, write Outcome
	}{
		{"§4.3 anonymous", Actor{}, Unauthenticated, Unauthenticated},
		{"§4.4 session or Basic", actor("alice"), permitted, permitted},
		{"case 44 scope read", bearer("alice", ScopeRead), permitted, ScopeTooNarrow},
		{"case 44 scope write includes read", bearer("alice", ScopeWrite), permitted, permitted},
		{"case 44 scope read write", bearer("alice", ScopeAll), permitted, permitted},
		{"case 44 scope write read", bearer("alice", "write read"), permitted, permitted},
		{"a scope of nothing", bearer("alice", ""), ScopeTooNarrow, ScopeTooNarrow},
		{"a scope that is none", bearer("alice", "admin"), ScopeTooNarrow, ScopeTooNarrow},
		{"§4.1 the scope narrows a superuser too", bearer("su", ScopeRead), permitted, ScopeTooNarrow},
		{"token without user", bearer("", ScopeAll), Forbidden, Forbidden},
		{"the command line", actor("cli"), permitted, permitted},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := outcome(t, DefaultPolicy().Enter(test.actor, false)); got != test.read {
				t.Errorf("read: got %q, want %q", got, test.read)
			}
			if got := outcome(t, DefaultPolicy().Enter(test.actor, true)); got != test.write {
				t.Errorf("write: got %q, want %q", got, test.write)
			}
		})
	}
}

// TestForward is the door for what stands behind a reverse proxy: scope alone decides, whoever the token acts as.
func TestForward(t *testing.T) {
	t.Parallel()
	for scope, want := range map[Scope]struct{ read, write Outcome }{
		ScopeRead: {permitted, ScopeTooNarrow}, ScopeWrite: {permitted, permitted}, ScopeAll: {permitted, permitted}, "write read": {permitted, permitted},
		"": {ScopeTooNarrow, ScopeTooNarrow}, "admin": {ScopeTooNarrow, ScopeTooNarrow},
	} {
		for _, user := range []*User{nil, people["alice"], people["su"]} {
			token := &AccessToken{Scope: scope, User: user}
			if got := outcome(t, DefaultPolicy().Forward(token, false)); got != want.read {
				t.Errorf("%q, read: got %q, want %q", scope, got, want.read)
			}
			if got := outcome(t, DefaultPolicy().Forward(token, true)); got != want.write {
				t.Errorf("%q, write: got %q, want %q", scope, got, want.write)
			}
		}
	}
}

// TestAcceptsBearer: which token authenticates where (contract §0 rule 4, RFC 8707).
func TestAcceptsBearer(t *testing.T) {
	t.Parallel()
	const issuer = "https://gatehouse.example.org"
	audience := func(token *AccessToken, resources ...string) *AccessToken {
		token.Audience = append(Words{"https://elsewhere.example/"}, resources...)
		return token
	}
	const gateway, controller = "gateway, /o/, behind a proxy", "controller, /api/o/"
	for _, test := range []struct {
		name  string
		token *AccessToken
		want  map[string]bool
		wide  bool // what CONTROLLER_APP_TOKENS_EVERYWHERE makes of the gateway
	}{
		{"personal, gateway", token(Gateway, alice, nil), map[string]bool{gateway: true, controller: true}, true},
		{"case 69 personal, controller", token(Controller, alice, nil), map[string]bool{gateway: true, controller: true}, true},
		{"application, gateway", token(Gateway, alice, application(Gateway, orgO, 0)), map[string]bool{gateway: true, controller: true}, true},
		{"application, controller", token(Controller, alice, application(Controller, orgO, 0)), map[string]bool{gateway: false, controller: true}, true},
		{"personal for another resource", audience(token(Gateway, alice, nil)), map[string]bool{gateway: false, controller: false}, false},
		{"application's for another resource", audience(token(Controller, alice, application(Controller, orgO, 0))),
			map[string]bool{gateway: false, controller: false}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			roots := map[string][]Face{gateway: {FaceGateway, FaceGatewayOAuth, FaceForward}, controller: {FaceController, FaceControllerOAuth}}
			everywhere := DefaultPolicy()
			everywhere.Issuer = issuer
			usual := DefaultPolicy()
			usual.Issuer = issuer
			everywhere.ControllerTokensEverywhere = true
			for side, faces := range roots {
				for _, face := range faces {
					if got := usual.AcceptsBearer(test.token, face); got != test.want[side] {
						t.Errorf("at %s: got %t, want %t", face, got, test.want[side])
					}
					if got := everywhere.AcceptsBearer(test.token, face); got != test.wide {
						t.Errorf("at %s with the switch on: got %t, want %t", face, got, test.wide)
					}
				}
			}
		})
	}
}

// TestMaintainAndIntrospect are the two rights that concern all tokens at once: only a superuser clears, auditors may look.
func TestMaintainAndIntrospect(t *testing.T) {
	t.Parallel()
	maintain := map[string]bool{"su": true, "cli": true}
	introspect := map[string]bool{"su": true, "cli": true, "aud": true, "audoa": true}
	for name := range people {
		if got := DefaultPolicy().Maintain(actor(name)) == nil; got != maintain[name] {
			t.Errorf("maintain by %s: got %t, want %t", name, got, maintain[name])
		}
		if got := DefaultPolicy().Introspect(actor(name)) == nil; got != introspect[name] {
			t.Errorf("introspect by %s: got %t, want %t", name, got, introspect[name])
		}
	}
	for _, nobody := range []Actor{{}, bearer("", ScopeAll)} {
		if DefaultPolicy().Maintain(nobody) == nil || DefaultPolicy().Introspect(nobody) == nil {
			t.Errorf("permitted for nobody: %+v", nobody)
		}
	}
}

// TestRevokeTokensOf: all tokens of a user at once are the user's own matter, by a session and not by one of the tokens, and superusers'.
func TestRevokeTokensOf(t *testing.T) {
	t.Parallel()
	for name := range people {
		if got, want := DefaultPolicy().RevokeTokensOf(actor(name), people["om"]) == nil, name == "su" || name == "cli" || name == "om"; got != want {
			t.Errorf("of om by %s: got %t, want %t", name, got, want)
		}
	}
	for _, refused := range []Actor{{}, bearer("", ScopeAll), bearer("om", ScopeAll), bearer("oa", ScopeAll)} {
		if DefaultPolicy().RevokeTokensOf(refused, people["om"]) == nil {
			t.Errorf("permitted for %+v", refused)
		}
	}
}

// TestReasons: refusals that people are told the reason of say it.
func TestReasons(t *testing.T) {
	t.Parallel()
	policy := DefaultPolicy()
	closed := policy
	closed.ControllerTokenCreation = false
	controllers := application(Controller, orgO, 0)
	for _, test := range []struct {
		name string
		got  error
		want string
	}{
		{"case 70 refresh of a controller token", policy.Token(actor("alice"), ActionRefresh, token(Controller, alice, controllers), FaceConsole),
			"This token belongs to the automation controller. It can be refreshed only at the controller API (/api/o/token/)."},
		{"case 71 token of a controller application", policy.Token(actor("om"), ActionCreate, token(Controller, om, controllers), FaceGateway),
			"application: This application belongs to the automation controller. Create its tokens through the controller API (/api/controller/v2/)."},
		{"case 79 token of an owned application", policy.Token(actor("om"), ActionCreate, token(Gateway, om, application(Gateway, orgO, alice)), FaceGateway),
			"Only its owner or a superuser may create a token for an application that has an owner."},
		{"case 26 token for somebody else", policy.Token(actor("alice"), ActionCreate, token(Controller, bob, nil), FaceController),
			"A token can be created for oneself only."},
		{"§12.16 creation switched off", closed.Token(actor("alice"), ActionCreate, token(Controller, alice, nil), FaceController),
			"Creating tokens through the controller API is switched off. Create them at the gateway."},
		{"§2.2 deleting oneself", policy.User(actor("su"), ActionDelete, people["su"], FaceGateway), "You can't delete yourself"},
		{"token without user", policy.Enter(bearer("", ScopeAll), false), "This token belongs to no user."},
		{"no words of its own", policy.Maintain(actor("alice")), "forbidden"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.got == nil || test.got.Error() != test.want {
				t.Errorf("got %v, want %q", test.got, test.want)
			}
		})
	}
	var invalid Invalid
	err := policy.Token(actor("om"), ActionCreate, token(Controller, om, controllers), FaceConsole)
	if !errors.As(err, &invalid) || len(invalid) != 1 || invalid[0] != (FieldError{"application", ReasonControllerCreate}) {
		t.Errorf("a forged creation at the console: got %v, want one message at application", err)
	}
}

// TestPlatformRole: superusers and the command line give the role of platform auditor and take it; whoever is signed in reads of it.
func TestPlatformRole(t *testing.T) {
	t.Parallel()
	for name := range people {
		gives := name == "su" || name == "cli"
		for action, may := range map[Action]bool{ActionCreate: gives, ActionDelete: gives, ActionRead: name != "cli", ActionUpdate: false, "unheard of": false} {
			if err := DefaultPolicy().PlatformRole(actor(name), action); (err == nil) != may {
				t.Errorf("%s, %s: %v, want %t", name, action, err, may)
			}
		}
	}
	if DefaultPolicy().PlatformRole(Actor{}, ActionRead) == nil {
		t.Error("nobody reads of roles")
	}
}

// TestRenewing: whose secret may be rotated and whose token regenerated (contract §1.2, §12.33).
func TestRenewing(t *testing.T) {
	t.Parallel()
	p, o := DefaultPolicy(), orgO
	plain := &Application{ID: 1, OrganizationID: &o, Platform: Gateway}
	owned, granted := *plain, *plain
	owner := oa
	owned.UserID, granted.SkipAuthorization = &owner, true
	elses := *plain
	elses.UserID = new(int64)
	for name := range people {
		administers := name == "oa" || name == "audoa"
		superuser := name == "su" || name == "cli"
		for thing, may := range map[*Application]bool{plain: administers || superuser, &owned: name == "oa" || superuser, &elses: superuser, &granted: superuser} {
			if err := p.RotateSecret(actor(name), thing, FaceGateway); (err == nil) != may {
				t.Errorf("%s rotates the secret of %+v: %v, want %t", name, thing, err, may)
			}
		}
		id := alice
		token := &AccessToken{ID: 5, UserID: &id, Platform: Gateway}
		for _, face := range []Face{FaceGateway, FaceConsole} {
			if err := p.Regenerate(actor(name), token, face); (err == nil) != (name == "alice") {
				t.Errorf("%s regenerates alice's token at %s: %v", name, face, err)
			}
		}
		if p.Regenerate(actor(name), &AccessToken{ID: 5, UserID: &id, Platform: Controller}, FaceGateway) == nil || p.Regenerate(actor(name), token, FaceController) == nil {
			t.Errorf("%s regenerates what is the controller's, or there", name)
		}
	}
}
