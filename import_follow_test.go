package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/store/storetest"
)

// TestImportFollows: with --follow the import goes on: what is new at the source comes along, what is revoked there is revoked here in the running
// server, until it is asked to stop; the last import brings the rest and lets ids go on where they are.
func TestImportFollows(t *testing.T) {
	t.Parallel()
	f := mustFacts(t)
	storetest.EachURL(t, func(t *testing.T, database string) {
		c, p := newController(t), newProgram(t, database)
		p.mustImport(c)
		p.serve()
		follower, out := p.startImport(c, "--follow", "--interval", "1")
		deleted, spent, next := f.accessToken(t, 3), f.refreshToken(t, 1), f.accessToken(t, 13)
		runner := f.application(t, 1)
		p.is(t, deleted.Token, http.StatusOK)
		p.is(t, next.Token, http.StatusOK)
		c.change(
			fmt.Sprintf("DELETE FROM main_oauth2accesstoken WHERE id = %d", deleted.ID),
			fmt.Sprintf("UPDATE oauth2_provider_refreshtoken SET revoked = now(), access_token_id = NULL WHERE id = %d", spent.ID),
			fmt.Sprintf("DELETE FROM main_oauth2accesstoken WHERE id = %d", next.ID),
			`INSERT INTO main_oauth2accesstoken (id, token, expires, scope, created, updated, modified, description, user_id)
				VALUES (7001, 'NewAtTheSource0000000000000001', now() + interval '1 day', 'read', now(), now(), now(), 'new', 2)`,
			`UPDATE auth_user SET is_active = false WHERE id = 8`)
		p.eventually(t, "a token that was deleted at the source is refused", deleted.Token, http.StatusUnauthorized)
		p.eventually(t, "what came of a refresh token that was revoked at the source is refused", next.Token, http.StatusUnauthorized)
		p.eventually(t, "a token that is new at the source works", "NewAtTheSource0000000000000001", http.StatusOK)
		p.eventually(t, "the token of somebody who was disabled at the source is refused", f.accessToken(t, 5).Token, http.StatusUnauthorized)
		p.form("/api/o/token/", runner.ClientID, runner.ClientSecret, "grant_type", "refresh_token", "refresh_token", spent.Token).want(t, http.StatusBadRequest)
		p.is(t, f.accessToken(t, 2).Token, http.StatusOK)
		if err := follower.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if code := ended(t, follower); code != 0 {
			t.Errorf("it ends with %d:\n%s", code, out)
		}
		c.change(`INSERT INTO main_oauth2accesstoken (id, token, expires, scope, created, updated, modified, description, user_id)
				VALUES (7002, 'NewAtTheSource0000000000000002', now() + interval '1 day', 'write', now(), now(), now(), 'new', 2)`,
			"DELETE FROM main_oauth2accesstoken WHERE id = 2")
		p.finishes(t, c)
	})
}

// finishes runs the last import: it brings what is new, revokes what was revoked, and ids go on above those there are. An id that was imported is
// given to nothing else, even when the token is gone here, so that no later run takes one for the other.
func (p *program) finishes(t *testing.T, c *controller) {
	t.Helper()
	f := mustFacts(t)
	if text := p.mustImport(c, "--finish"); !strings.Contains(text, "main_oauth2accesstoken: read 5999, imported 1,") || !strings.Contains(text, "main_oauth2accesstoken: 1 revoked here") {
		t.Errorf("the last import says:\n%s", text)
	}
	const last = "NewAtTheSource0000000000000002"
	p.is(t, last, http.StatusOK)
	p.is(t, f.accessToken(t, 2).Token, http.StatusUnauthorized)
	p.is(t, value[string](t, c.DB, untouched), http.StatusOK)
	p.api(http.MethodDelete, "/api/v2/tokens/7002/", last, nil).want(t, http.StatusNoContent)
	p.mustImport(c, "--finish")
	made := p.api(http.MethodPost, "/api/v2/tokens/", f.accessToken(t, 4).Token, map[string]any{}).want(t, http.StatusCreated)
	if id := made.json["id"]; id != 7003.0 {
		t.Errorf("the first token after the last import has the id %v, want 7003", id)
	}
	c.change("DELETE FROM main_oauth2accesstoken WHERE id IN (7001, 7002)")
	p.mustImport(c, "--finish")
	p.is(t, made.string("token"), http.StatusOK)
	p.is(t, "NewAtTheSource0000000000000001", http.StatusUnauthorized)
}

// untouched is an access token that came of refresh tokens that were spent at the source before the first import.
const untouched = `SELECT a.token FROM main_oauth2accesstoken a JOIN oauth2_provider_refreshtoken spent ON spent.id = a.source_refresh_token_id
	JOIN oauth2_provider_refreshtoken r ON r.access_token_id = a.id JOIN auth_user u ON u.id = a.user_id
	WHERE spent.id > 10 AND spent.revoked > now() - interval '20 days' AND r.revoked IS NULL AND r.created > now() - interval '20 days'
	AND a.expires > now() + interval '1 day' AND u.is_active AND a.id > 20 ORDER BY a.id LIMIT 1`

// TestRemovedHereStaysRemoved: what was deleted, revoked or rotated here does not come back with a later import (contract §12.27).
func TestRemovedHereStaysRemoved(t *testing.T) {
	afterImport(t, func(t *testing.T, i *imported) {
		c := i.source
		deleted, other, user := i.accessToken(t, 1), i.accessToken(t, 10), i.user(t, "zoë.größler")
		i.api(http.MethodDelete, fmt.Sprintf("/api/gateway/v1/tokens/%d/", deleted.ID), i.admin, nil).want(t, http.StatusNoContent)
		portal, rotated := i.application(t, 2), i.refreshToken(t, 2)
		pair := i.client(portal, "/api/o/token/", "grant_type", "refresh_token", "refresh_token", rotated.Token).want(t, http.StatusOK)
		sync := i.application(t, 3)
		i.api(http.MethodDelete, fmt.Sprintf("/api/v2/applications/%d/", sync.ID), i.admin, nil).want(t, http.StatusNoContent)
		i.api(http.MethodDelete, fmt.Sprintf("/api/v2/users/%d/", i.user(t, "dagny.orrel").ID), i.admin, nil).want(t, http.StatusNoContent)
		i.api(http.MethodPatch, fmt.Sprintf("/api/gateway/v1/users/%d/", user.ID), i.admin, map[string]any{"first_name": "Renamed", "is_active": false}).want(t, http.StatusOK)
		i.api(http.MethodPost, "/api/v2/organizations/1/admins/", i.admin, map[string]any{"id": 3, "disassociate": true}).want(t, http.StatusNoContent)
		members := i.count("/api/v2/organizations/1/admins/")
		for range 2 {
			text := i.mustImport(c)
			for _, says := range []string{"auth_user: read 400, imported 0, skipped 400 (already imported 399, removed here 1)", "main_oauth2application: read 80, imported 0,",
				"main_oauth2accesstoken: read 6000, imported 0,", "oauth2_provider_refreshtoken: read 1500, imported 0,", "main_rbac_roles_members: read 826, imported 0,", "removed here"} {
				if !strings.Contains(text, says) {
					t.Errorf("the report does not say %q:\n%s", says, text)
				}
			}
			i.is(t, deleted.Token, http.StatusUnauthorized)
			i.is(t, other.Token, http.StatusUnauthorized)
			i.is(t, i.accessToken(t, 14).Token, http.StatusUnauthorized) // its user is gone, and it was refreshed
			i.form("/api/o/introspect/", sync.ClientID, sync.ClientSecret, "token", "x").want(t, http.StatusUnauthorized)
			if got := i.count("/api/v2/organizations/1/admins/"); got != members {
				t.Errorf("%d administrators, want %d", got, members)
			}
			at := i.api(http.MethodGet, fmt.Sprintf("/api/gateway/v1/users/%d/", user.ID), i.admin, nil).want(t, http.StatusOK)
			if at.string("first_name") != "Renamed" || at.json["is_active"] != false {
				t.Errorf("what was changed here is %s", at.text)
			}
		}
		i.is(t, pair.string("access_token"), http.StatusUnauthorized) // its user was deleted
		i.is(t, i.accessToken(t, 3).Token, http.StatusOK)
	})
}

// TestRotatedHereStaysRotated: a refresh token that was spent here is not revived, and its successor goes on, while the source knows nothing of it.
func TestRotatedHereStaysRotated(t *testing.T) {
	afterImport(t, func(t *testing.T, i *imported) {
		runner, rotated := i.application(t, 1), i.refreshToken(t, 1)
		pair := i.client(runner, "/api/o/token/", "grant_type", "refresh_token", "refresh_token", rotated.Token).want(t, http.StatusOK)
		before := tokensIn(t, i)
		i.mustImport(i.source)
		if tokensIn(t, i) != before {
			t.Error("the import has changed tokens")
		}
		i.is(t, pair.string("access_token"), http.StatusOK)
		i.is(t, i.accessToken(t, 13).Token, http.StatusUnauthorized)
		next := i.client(runner, "/api/o/token/", "grant_type", "refresh_token", "refresh_token", pair.string("refresh_token")).want(t, http.StatusOK)
		i.client(runner, "/api/o/token/", "grant_type", "refresh_token", "refresh_token", rotated.Token).want(t, http.StatusBadRequest)
		i.is(t, next.string("access_token"), http.StatusUnauthorized) // that was reuse
	})
}

// TestImportOfPeopleWhoLeave: who was disabled or deleted at the source since the import is named, and from --follow or --finish on can sign in here no
// more, until somebody here thinks otherwise. Other changes are named only.
func TestImportOfPeopleWhoLeave(t *testing.T) {
	t.Parallel()
	f := mustFacts(t)
	storetest.EachURL(t, func(t *testing.T, database string) {
		c, p := newController(t), newProgram(t, database)
		p.mustImport(c)
		p.serve()
		deleted, disabled, renamed := f.user(t, "tovik.hask"), f.user(t, "mira.tellwood"), f.user(t, "svc-backup")
		signIn := func(status int, users ...userFacts) {
			t.Helper()
			for _, user := range users {
				if got := p.basic("/api/v2/me/", user.Username, *user.Password); got != status {
					t.Errorf("%s signs in: %d, want %d", user.Username, got, status)
				}
			}
		}
		signIn(http.StatusOK, deleted, disabled, renamed)
		c.change(fmt.Sprintf("SET session_replication_role = replica; DELETE FROM auth_user WHERE id = %d; SET session_replication_role = origin", deleted.ID),
			fmt.Sprintf("UPDATE auth_user SET is_active = false WHERE id = %d", disabled.ID), fmt.Sprintf("UPDATE auth_user SET first_name = 'New' WHERE id = %d", renamed.ID))
		named := func(args ...string) (each []string) {
			t.Helper()
			for _, row := range readReport(t, p.mustImport(c, append(args, "--format", "json")...)).ChangedSince {
				verb, _, _ := strings.Cut(row.Problem, " ")
				each = append(each, fmt.Sprintf("%s %d %s: %s, %t", row.Table, row.ID, row.Name, verb, strings.Contains(row.Problem, "now")))
			}
			slices.Sort(each)
			return each
		}
		want := []string{"auth_user 2 svc-backup: changed, false", "auth_user 3 mira.tellwood: changed, false", "auth_user 6 : deleted, false"}
		if diff := cmp.Diff(want, named()); diff != "" {
			t.Errorf("named (-want +got):\n%s", diff)
		}
		signIn(http.StatusOK, deleted, disabled, renamed)
		want = []string{"auth_user 2 svc-backup: changed, false", "auth_user 3 mira.tellwood: disabled, true", "auth_user 6 : deleted, true"}
		if diff := cmp.Diff(want, named("--finish")); diff != "" {
			t.Errorf("named at last (-want +got):\n%s", diff)
		}
		signIn(http.StatusUnauthorized, deleted, disabled)
		signIn(http.StatusOK, renamed)
		note := value[string](t, p.target(), "SELECT note FROM activity WHERE origin = 'command:import_controller' AND note LIKE 'imported%' ORDER BY id DESC LIMIT 1")
		if !strings.Contains(note, "the end of 2 of auth_user") {
			t.Errorf("the activity stream says %q", note)
		}
		for _, user := range []userFacts{deleted, disabled} {
			p.api(http.MethodPatch, fmt.Sprintf("/api/gateway/v1/users/%d/", user.ID), f.accessToken(t, 4).Token, map[string]any{"is_active": true}).want(t, http.StatusOK)
		}
		named("--finish")
		signIn(http.StatusOK, deleted, disabled)
	})
}

// TestImportOfRefreshTokensLater: a refresh token that an earlier import left out, since it was too old by the setting of that time, belongs to the
// access token that came along then: its use ends that one.
func TestImportOfRefreshTokensLater(t *testing.T) {
	t.Parallel()
	f := mustFacts(t)
	storetest.EachURL(t, func(t *testing.T, database string) {
		c := newController(t)
		text := newProgram(t, database, "OAUTH2_PROVIDER__REFRESH_TOKEN_EXPIRE_SECONDS=1").mustImport(c)
		if !strings.Contains(text, "oauth2_provider_refreshtoken: read 1500, imported 0,") {
			t.Fatalf("the first import says:\n%s", text)
		}
		p := newProgram(t, database)
		p.mustImport(c)
		p.serve()
		p.is(t, f.accessToken(t, 13).Token, http.StatusOK)
		a := f.application(t, 1)
		p.form("/api/o/token/", a.ClientID, a.ClientSecret, "grant_type", "refresh_token", "refresh_token", f.refreshToken(t, 1).Token).want(t, http.StatusOK)
		p.is(t, f.accessToken(t, 13).Token, http.StatusUnauthorized)
	})
}

// is checks what the controller's API answers to a token.
func (p *program) is(t *testing.T, token string, status int) {
	t.Helper()
	if me := p.api(http.MethodGet, "/api/v2/me/", token, nil); me.status != status {
		t.Errorf("a token answers %d, want %d: %s", me.status, status, me.text)
	}
}

// eventually waits until the controller's API answers so.
func (p *program) eventually(t *testing.T, what, token string, status int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if me := p.api(http.MethodGet, "/api/v2/me/", token, nil); me.status == status {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not so: %s", what)
		}
	}
}
