package main

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tokensThatCome are the access tokens of the source that an import takes.
const tokensThatCome = `main_oauth2accesstoken a WHERE user_id IS NOT NULL AND (expires > now() OR EXISTS (SELECT 1 FROM oauth2_provider_refreshtoken r
	WHERE r.access_token_id = a.id AND r.revoked IS NULL AND r.created > now() - interval '2628000 seconds'))`

// TestImportedTokens: every access token that is to come has its id and fields, at both mounts, and no other is there.
func TestImportedTokens(t *testing.T) {
	afterImport(t, func(t *testing.T, i *imported) {
		query := `SELECT jsonb_build_object('id', id, 'user', user_id, 'application', application_id, 'scope', scope, 'description', description,
			'expires', ` + inUTC("expires") + `, 'created', ` + inUTC("created") + `, 'last_used', ` + inUTC("last_used") + `, 'token', '%s', 'platform', 'controller')
			FROM ` + tokensThatCome + ` ORDER BY id`
		i.sameRows("/api/controller/v2/tokens/", fmt.Sprintf(query, "************"))
		i.sameRows("/api/gateway/v1/tokens/?platform=controller", fmt.Sprintf(query, "$encrypted$"))
		for _, token := range i.AccessTokens {
			i.isToken(token)
		}
	})
}

// isToken checks what is told of a token, at both mounts, and that one that was left out is not there.
func (i *imported) isToken(want accessTokenFacts) {
	t := i.t
	t.Helper()
	for platform, mount := range mounts {
		at := i.api(http.MethodGet, fmt.Sprintf("%stokens/%d/", mount, want.ID), i.admin, nil)
		if !want.Imported {
			at.want(t, http.StatusNotFound)
			continue
		}
		at.want(t, http.StatusOK)
		expected := map[string]any{"user": float64(*want.UserID), "application": any(nil), "scope": want.Scope, "description": want.Description,
			"expires": want.Expires, "created": want.Created, "last_used": any(nil), "platform": "controller"}
		if want.ApplicationID != nil {
			expected["application"] = float64(*want.ApplicationID)
		}
		if want.LastUsed != nil {
			expected["last_used"] = *want.LastUsed
		}
		for field, value := range expected {
			if at.json[field] != value {
				t.Errorf("token %d at the %s: %s is %v, want %v", want.ID, platform, field, at.json[field], value)
			}
		}
		refreshable := slices.ContainsFunc(i.RefreshTokens, func(r refreshTokenFacts) bool {
			return r.AccessTokenID != nil && *r.AccessTokenID == want.ID && r.Imported != nil
		})
		if shown := at.json["refresh_token"] != nil; shown != refreshable {
			t.Errorf("token %d at the %s: it has a refresh token: %v", want.ID, platform, shown)
		}
	}
}

// TestImportedTokensAuthenticate: programs go on with the tokens that they have: personal ones at both APIs, those of applications at the
// controller's; expired tokens and those of disabled people are refused.
func TestImportedTokensAuthenticate(t *testing.T) {
	afterImport(t, func(t *testing.T, i *imported) {
		for _, token := range i.AccessTokens {
			for mount, accepted := range map[string]bool{"/api/controller/v2/": token.AcceptedController, "/api/v2/": token.AcceptedController,
				"/api/gateway/v1/": token.AcceptedGateway} {
				me := i.api(http.MethodGet, mount+"me/", token.Token, nil)
				if (me.status == http.StatusOK) != accepted {
					t.Errorf("token %d (%s) at %s: %d %s", token.ID, token.Description, mount, me.status, me.text)
				}
				if accepted {
					results := me.json["results"].([]any)
					if name := results[0].(map[string]any)["username"]; name != *token.User {
						t.Errorf("token %d at %s is %v, want %s", token.ID, mount, name, *token.User)
					}
				}
			}
			i.writes(token)
		}
	})
}

// writes checks that the scope bounds what a token does.
func (i *imported) writes(token accessTokenFacts) {
	i.t.Helper()
	if !token.AcceptedController {
		return
	}
	want := http.StatusCreated
	if token.Scope == "read" {
		want = http.StatusForbidden
	}
	external := token.User != nil && i.user(i.t, *token.User).ExternalAccount != nil
	if external {
		want = http.StatusForbidden // as the switch says, which the source has off
	}
	made := i.api(http.MethodPost, "/api/v2/tokens/", token.Token, map[string]any{"scope": "read", "description": "made by an imported one"})
	if made.status != want {
		i.t.Errorf("token %d with scope %q makes another: %d %s", token.ID, token.Scope, made.status, made.text)
	}
}

// TestCase69ImportedPersonalToken: a personal token from the import works at both APIs, is listed at the gateway with its platform, is edited
// and deleted there, and is refused from then on.
func TestCase69ImportedPersonalToken(t *testing.T) {
	afterImport(t, func(t *testing.T, i *imported) {
		token := i.accessToken(t, 1)
		for _, mount := range []string{"/api/gateway/v1/", "/api/controller/v2/", "/api/v2/"} {
			i.api(http.MethodGet, mount+"me/", token.Token, nil).want(t, http.StatusOK)
		}
		path := fmt.Sprintf("/api/gateway/v1/tokens/%d/", token.ID)
		listed := i.api(http.MethodGet, fmt.Sprintf("/api/gateway/v1/tokens/?id=%d", token.ID), token.Token, nil).want(t, http.StatusOK)
		if rows := listed.json["results"].([]any); len(rows) != 1 || rows[0].(map[string]any)["platform"] != "controller" {
			t.Errorf("the gateway lists %s", listed.text)
		}
		changed := i.api(http.MethodPatch, path, token.Token, map[string]any{"description": "renamed here"}).want(t, http.StatusOK)
		if changed.string("description") != "renamed here" || changed.string("expires") != token.Expires || changed.string("scope") != token.Scope {
			t.Errorf("changed to %s", changed.text)
		}
		if got := i.api(http.MethodGet, fmt.Sprintf("/api/v2/tokens/%d/", token.ID), token.Token, nil).want(t, http.StatusOK); got.string("description") != "renamed here" {
			t.Errorf("the controller shows %s", got.text)
		}
		i.api(http.MethodDelete, path, token.Token, nil).want(t, http.StatusNoContent)
		for _, mount := range mounts {
			i.api(http.MethodGet, mount+"me/", token.Token, nil).want(t, http.StatusUnauthorized)
		}
	})
}

// TestCase75TokensOfTheYear3024: tokens that live for a thousand years list, sort, filter and authenticate.
func TestCase75TokensOfTheYear3024(t *testing.T) {
	afterImport(t, func(t *testing.T, i *imported) {
		for _, mount := range mounts {
			list := mount + "tokens/?platform=controller"
			i.counts(map[string]int{list + "&expires__gt=3000-01-01T00:00:00Z": i.Totals.TokensAfter3000, list + "&expires__gte=3024-01-01": i.Totals.TokensIn3024OrLater,
				list + "&expires__lt=3024-01-01": i.Expected["main_oauth2accesstoken"].Imported - i.Totals.TokensIn3024OrLater})
			token := i.accessToken(t, 1)
			exact := url.QueryEscape(token.Expires)
			i.counts(map[string]int{list + "&expires=" + exact + "&id=1": 1, list + "&expires__gt=" + exact + "&id=1": 0, list + "&expires__gte=" + exact + "&id=1": 1})
			latest := i.api(http.MethodGet, list+"&order_by=-expires&page_size=200", i.admin, nil).want(t, http.StatusOK).json["results"].([]any)
			var times []string
			for _, row := range latest {
				times = append(times, row.(map[string]any)["expires"].(string))
			}
			latestOfAll := value[string](t, i.source.DB, "SELECT max("+inUTC("expires")+") FROM "+tokensThatCome)
			if times[0] != latestOfAll || !slices.IsSortedFunc(times, func(a, b string) int { return -cmpText(a, b) }) {
				t.Errorf("%s: sorted by expiry they begin with %v, want %s", mount, times[:5], latestOfAll)
			}
			i.api(http.MethodGet, mount+"me/", token.Token, nil).want(t, http.StatusOK)
		}
	})
}

func cmpText(a, b string) int { return slices.Compare([]byte(a), []byte(b)) }

// TestImportedTokenSums: the sums over all tokens are those of the source, by filters of the API.
func TestImportedTokenSums(t *testing.T) {
	afterImport(t, func(t *testing.T, i *imported) {
		for _, mount := range mounts {
			list := mount + "tokens/?platform=controller"
			want := map[string]int{
				list:                                i.Expected["main_oauth2accesstoken"].Imported,
				list + "&application__isnull=true":  i.Totals.TokensPersonal,
				list + "&application__isnull=false": i.Totals.TokensApplication,
				list + "&last_used__isnull=true":    i.Totals.TokensNeverUsed,
				list + "&expires__lt=2026-11-20":    i.Expected["main_oauth2accesstoken"].ImportedThoughExpired,
			}
			for scope, n := range i.Totals.TokensByScope {
				want[list+"&scope="+url.QueryEscape(scope)] = n
			}
			i.counts(want)
		}
		i.counts(map[string]int{"/api/gateway/v1/tokens/?platform=gateway": 1}) // the one of this test
		for _, user := range i.Users {
			personal := i.count(fmt.Sprintf("/api/controller/v2/users/%d/personal_tokens/", user.ID))
			ofApplications := i.count(fmt.Sprintf("/api/controller/v2/users/%d/authorized_tokens/", user.ID))
			if personal+ofApplications != user.TokensImported {
				t.Errorf("%s has %d personal tokens and %d of applications, want %d", user.Username, personal, ofApplications, user.TokensImported)
			}
		}
		i.mustCommand("cleartokens") // deletes nothing that was imported: all of it lives, hangs on what lives, or is remembered for reuse
		refresh := i.Expected["oauth2_provider_refreshtoken"]
		i.counts(map[string]int{"/api/v2/tokens/": i.Expected["main_oauth2accesstoken"].Imported})
		if kept := value[int](t, i.target(), "SELECT count(*) FROM refresh_tokens"); kept != refresh.Imported {
			t.Errorf("clearing leaves %d refresh tokens, want %d", kept, refresh.Imported)
		}
	})
}

// TestImportedIDs: what is made here from now on has ids far above the source's, so that those which the source gives out meanwhile stay free;
// the last import ends that (contract §0.7, §12.27).
func TestImportedIDs(t *testing.T) {
	afterImport(t, func(t *testing.T, i *imported) {
		highest := map[string]int{}
		for table, column := range map[string]string{"users": "auth_user", "applications": "main_oauth2application", "tokens": "main_oauth2accesstoken"} {
			rows := i.rows("/api/controller/v2/" + table + "/")
			last := int(rows[len(rows)-1]["id"].(float64))
			if highest[table] = i.Totals.HighestIDs[column]; last != highest[table] {
				t.Errorf("the highest id of %s is %d, want %d", table, last, highest[table])
			}
		}
		organization := i.make("/api/gateway/v1/organizations/", map[string]any{"name": "Made here"})
		got := map[string]int{"users": i.make("/api/gateway/v1/users/", map[string]any{"username": "made-here", "password": alicePassword}),
			"applications": i.make("/api/v2/applications/", map[string]any{"name": "Made here", "organization": organization, "client_type": "confidential",
				"authorization_grant_type": "password"}),
			"tokens": i.make("/api/v2/tokens/", map[string]any{})}
		want := map[string]int{"users": highest["users"] + 1_000_001, "applications": highest["applications"] + 1_000_001,
			"tokens": highest["tokens"] + 1_000_002} // one more was made before
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ids of what is made here (-want +got):\n%s", diff)
		}
		if above := i.Organizations[len(i.Organizations)-1].ID + 1_000_001; organization != above {
			t.Errorf("the organization that is made here has the id %d, want %d", organization, above)
		}
		pair := i.make("/api/v2/tokens/", map[string]any{"application": got["applications"]})
		refresh := value[int](t, i.target(), "SELECT id FROM refresh_tokens WHERE access_token_id = $1", pair)
		if above := i.Totals.HighestIDs["oauth2_provider_refreshtoken"] + 1_000_001; refresh != above {
			t.Errorf("the refresh token that is made here has the id %d, want %d", refresh, above)
		}
	})
}

// make makes something as the administrator and returns its id.
func (i *imported) make(path string, body map[string]any) int {
	i.t.Helper()
	return int(i.api(http.MethodPost, path, i.admin, body).want(i.t, http.StatusCreated).json["id"].(float64))
}
