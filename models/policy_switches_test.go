package models

import "testing"

// TestPolicySwitches: what each setting of the operator turns, by the person for whom it turns.
func TestPolicySwitches(t *testing.T) {
	t.Parallel()
	with := func(change func(*Policy)) Policy {
		p := DefaultPolicy()
		change(&p)
		return p
	}
	var (
		standard     = DefaultPolicy()
		oaSeesOwn    = with(func(p *Policy) { p.OrgAdminsSeeAllUsers = false })
		suManages    = with(func(p *Policy) { p.ManageOrganizationAuth = false })
		closed       = with(func(p *Policy) { p.ControllerTokenCreation = false })
		allExternals = with(func(p *Policy) { p.AllowExternalUsers = true })
		ldap         = Actor{User: &User{ID: 40, ExternalAccount: "ldap"}}
		social       = &User{ID: 41, ExternalAccount: "social", ExternalSource: "GitHub"}
		oaMade       = &User{Stamps: Stamps{CreatedBy: id(oa)}}
		controllers  = application(Controller, orgO, 0)
		anOwned      = application(Gateway, orgO, 41)
	)
	asked := func(by Actor, platform Platform, app *Application) *AccessToken { return token(platform, by.ID(), app) }
	for _, test := range []struct {
		name string
		err  error
		want Outcome
	}{
		{"administrators see all users", standard.User(actor("pa"), ActionRead, people["om"], FaceGateway), permitted},
		{"… their own people only", oaSeesOwn.User(actor("pa"), ActionRead, people["om"], FaceGateway), Forbidden},
		{"… who are still seen", oaSeesOwn.User(actor("oa"), ActionRead, people["om"], FaceGateway), permitted},
		{"… and superusers", oaSeesOwn.User(actor("pa"), ActionRead, people["su"], FaceGateway), permitted},
		{"… auditors see all", oaSeesOwn.User(actor("aud"), ActionRead, people["om"], FaceGateway), permitted},

		{"administrators make users", standard.User(actor("oa"), ActionCreate, &User{}, FaceGateway), permitted},
		{"… not any more", suManages.User(actor("oa"), ActionCreate, &User{}, FaceGateway), Forbidden},
		{"… superusers do", suManages.User(actor("su"), ActionCreate, &User{}, FaceGateway), permitted},
		{"… nor change who belongs to their organization", suManages.Membership(actor("oa"), ActionCreate, orgO, oaMade), Forbidden},
		{"… nor end it", suManages.Membership(actor("oa"), ActionDelete, orgO, people["om"]), Forbidden},
		{"… superusers change it", suManages.Membership(actor("su"), ActionCreate, orgO, oaMade), permitted},

		{"§12.16 the controller makes tokens", standard.Token(actor("alice"), ActionCreate, token(Controller, alice, nil), FaceController), permitted},
		{"… no longer", closed.Token(actor("alice"), ActionCreate, token(Controller, alice, nil), FaceController), Forbidden},
		{"… not of applications", closed.Token(actor("om"), ActionCreate, token(Controller, om, controllers), FaceController), Forbidden},
		{"… not for superusers", closed.Token(actor("su"), ActionCreate, token(Controller, su, nil), FaceController), Forbidden},
		{"… the gateway does", closed.Token(actor("alice"), ActionCreate, token(Gateway, alice, nil), FaceGateway), permitted},
		{"… and who is nobody stays so", closed.Token(Actor{}, ActionCreate, token(Controller, 0, nil), FaceController), Unauthenticated},

		{"case 49 an external user gets no token", standard.Token(ldap, ActionCreate, asked(ldap, Gateway, nil), FaceGateway), Forbidden},
		{"… nor at the controller", standard.Token(ldap, ActionCreate, asked(ldap, Controller, nil), FaceController), Forbidden},
		{"… nor by command", standard.Token(actor("cli"), ActionCreate, &AccessToken{Platform: Gateway, User: ldap.User}, FaceCommand), Forbidden},
		{"… unless allowed", allExternals.Token(ldap, ActionCreate, asked(ldap, Gateway, nil), FaceGateway), permitted},
		{"… also by command", allExternals.Token(actor("cli"), ActionCreate, &AccessToken{Platform: Gateway, User: ldap.User}, FaceCommand), permitted},
		{"… and a local one by command", standard.Token(actor("cli"), ActionCreate, &AccessToken{Platform: Gateway, User: people["bob"]}, FaceCommand), permitted},
		{"case 49 what they have keeps working", standard.Enter(Actor{User: social, Token: &AccessToken{Scope: ScopeAll}}, true), permitted},
		{"nobody decides for a device", standard.DecideDevice(Actor{}), Unauthenticated},
		{"the command line decides for none", standard.DecideDevice(actor("cli")), Unauthenticated},
		{"everybody decides for theirs", standard.DecideDevice(actor("bob")), permitted},
		{"case 49 but no external user", standard.DecideDevice(ldap), Forbidden},
		{"… unless allowed", allExternals.DecideDevice(ldap), permitted},
		{"§1.1 an owner may be external", standard.Token(actor("su"), ActionCreate, asked(actor("su"), Gateway, anOwned), FaceGateway), permitted},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := outcome(t, test.err); got != test.want {
				t.Errorf("got %q (%v), want %q", got, test.err, test.want)
			}
		})
	}
	t.Run("case 49 the refusal names the source", func(t *testing.T) {
		t.Parallel()
		for source, user := range map[string]*User{"ldap": ldap.User, "GitHub": social} {
			want := "OAuth2 Tokens cannot be created by users associated with an external authentication provider (" + source + ")"
			if err := standard.External(user); err == nil || err.Error() != want {
				t.Errorf("got %v, want %q", err, want)
			}
		}
	})
}

// TestNewTokenScope: whoever may change a token at all may narrow it; who may widen it (contract §4.5, §12.26).
func TestNewTokenScope(t *testing.T) {
	t.Parallel()
	ofApplication := func(scope Scope) *AccessToken {
		made := token(Gateway, alice, application(Gateway, orgO, 0))
		made.Scope = scope
		return made
	}
	personal := &AccessToken{UserID: id(alice), Scope: ScopeRead}
	for _, test := range []struct {
		name  string
		actor Actor
		token *AccessToken
		scope Scope
		want  Outcome
	}{
		{"case 14 narrowing by its user", actor("alice"), ofApplication(ScopeAll), ScopeRead, permitted},
		{"narrowing by the administrator", actor("oa"), ofApplication(ScopeWrite), ScopeRead, permitted},
		{"the same in other words", actor("oa"), ofApplication(ScopeWrite), ScopeAll, permitted},
		{"§12.26 widening by its user", actor("alice"), ofApplication(ScopeRead), ScopeWrite, permitted},
		{"§12.26 widening by a superuser", actor("su"), ofApplication(ScopeRead), ScopeWrite, permitted},
		{"§12.26 widening by the administrator", actor("oa"), ofApplication(ScopeRead), ScopeWrite, invalidInput},
		{"§12.26 widening by the administrator, in the other order", actor("oa"), ofApplication(ScopeRead), "write read", invalidInput},
		{"widening by nobody", Actor{}, ofApplication(ScopeRead), ScopeWrite, invalidInput},
		{"widening a token of nobody by nobody", Actor{}, &AccessToken{Scope: ScopeRead, ApplicationID: id(7)}, ScopeWrite, invalidInput},
		{"widening one's personal token", actor("alice"), personal, ScopeAll, permitted},
		{"§4.5 widening by a bearer of write", bearer("alice", ScopeWrite), personal, ScopeAll, permitted},
		{"§4.5 widening by a bearer of read", bearer("alice", ScopeRead), personal, ScopeWrite, ScopeTooNarrow},
		{"§4.5 widening by a superuser's bearer of read", bearer("su", ScopeRead), personal, ScopeWrite, ScopeTooNarrow},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := outcome(t, DefaultPolicy().NewTokenScope(test.actor, test.token, test.scope)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
