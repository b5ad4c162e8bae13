package main

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestCase70ImportedRefreshTokens: live refresh tokens refresh at the controller's endpoint and nowhere else; all others are refused.
func TestCase70ImportedRefreshTokens(t *testing.T) {
	afterImport(t, func(t *testing.T, i *imported) {
		for _, token := range i.RefreshTokens {
			if token.ID == 10 {
				continue // its reuse ends its family, which is a test of its own
			}
			a := i.applicationOf(token)
			if !token.Refreshes {
				refused := i.client(a, "/api/o/token/", "grant_type", "refresh_token", "refresh_token", token.Token).want(t, http.StatusBadRequest)
				if refused.string("error") != "invalid_grant" {
					t.Errorf("refresh token %d (%s): %s", token.ID, token.State, refused.text)
				}
				continue
			}
			before := tokensIn(t, i)
			refused := i.client(a, "/o/token/", "grant_type", "refresh_token", "refresh_token", token.Token).want(t, http.StatusBadRequest)
			if refused.string("error") != "invalid_grant" || !strings.Contains(refused.string("error_description"), "controller") {
				t.Errorf("refresh token %d at the gateway: %s", token.ID, refused.text)
			}
			if tokensIn(t, i) != before {
				t.Errorf("refresh token %d at the gateway changes something", token.ID)
			}
			i.refreshes(token, a)
		}
	})
}

func (i *imported) applicationOf(token refreshTokenFacts) applicationFacts {
	i.t.Helper()
	return i.application(i.t, token.ApplicationID)
}

// tokensIn is the text of all tokens, but for when they were used.
func tokensIn(t *testing.T, i *imported) string {
	t.Helper()
	db := i.target()
	return rowsOf(t, db, "SELECT id, user_id, application_id, scope, expires, family_id FROM access_tokens ORDER BY id") +
		rowsOf(t, db, "SELECT id, access_token_id, scope, revoked, reason FROM refresh_tokens ORDER BY id")
}

// refreshes lets the client refresh: the new pair is the controller's and has the old scope and user; the old access token is gone.
func (i *imported) refreshes(token refreshTokenFacts, a applicationFacts) {
	t := i.t
	t.Helper()
	pair := i.client(a, "/api/o/token/", "grant_type", "refresh_token", "refresh_token", token.Token).want(t, http.StatusOK)
	if pair.string("scope") != *token.Scope {
		t.Errorf("refresh token %d gives the scope %q, want %q", token.ID, pair.string("scope"), *token.Scope)
	}
	if me := i.api(http.MethodGet, "/api/v2/me/", pair.string("access_token"), nil).want(t, http.StatusOK); !strings.Contains(me.text, `"`+token.User+`"`) {
		t.Errorf("refresh token %d acts as another: %s", token.ID, me.text)
	}
	i.api(http.MethodGet, fmt.Sprintf("/api/v2/tokens/%d/", *token.AccessTokenID), i.admin, nil).want(t, http.StatusNotFound)
	i.api(http.MethodGet, "/api/v2/me/", i.accessToken(t, *token.AccessTokenID).Token, nil).want(t, http.StatusUnauthorized)
	made := i.rows(fmt.Sprintf("/api/controller/v2/applications/%d/tokens/?user__username=%s", a.ID, url.QueryEscape(token.User)))
	if last := made[len(made)-1]; last["platform"] != "controller" || last["description"] != i.accessToken(t, *token.AccessTokenID).Description {
		t.Errorf("refresh token %d made %v", token.ID, last)
	}
	again := i.client(a, "/api/o/token/", "grant_type", "refresh_token", "refresh_token", pair.string("refresh_token")).want(t, http.StatusOK)
	if again.string("access_token") == pair.string("access_token") {
		t.Errorf("refresh token %d: the next one gives the same again", token.ID)
	}
}

// TestImportedRevokedTokenIsReuse: a refresh token that was spent at the controller ends, when it comes again, the family that it began
// there: all that came of it is refused.
func TestImportedRevokedTokenIsReuse(t *testing.T) {
	afterImport(t, func(t *testing.T, i *imported) {
		spent, next := i.refreshToken(t, 10), i.refreshToken(t, 1)
		a := i.applicationOf(spent)
		i.api(http.MethodGet, "/api/v2/me/", i.accessToken(t, *next.AccessTokenID).Token, nil).want(t, http.StatusOK)
		other := i.application(t, 3)
		i.form("/api/o/token/", other.ClientID, other.ClientSecret, "grant_type", "refresh_token", "refresh_token", spent.Token).want(t, http.StatusBadRequest)
		i.api(http.MethodGet, "/api/v2/me/", i.accessToken(t, *next.AccessTokenID).Token, nil).want(t, http.StatusOK) // another client punishes nobody
		refused := i.client(a, "/api/o/token/", "grant_type", "refresh_token", "refresh_token", spent.Token).want(t, http.StatusBadRequest)
		if refused.string("error") != "invalid_grant" {
			t.Errorf("a spent refresh token: %s", refused.text)
		}
		i.api(http.MethodGet, "/api/v2/me/", i.accessToken(t, *next.AccessTokenID).Token, nil).want(t, http.StatusUnauthorized)
		i.client(a, "/api/o/token/", "grant_type", "refresh_token", "refresh_token", next.Token).want(t, http.StatusBadRequest)
		entries := i.api(http.MethodGet, "/api/controller/v2/activity_stream/?order_by=-id", i.admin, nil).want(t, http.StatusOK)
		if !strings.Contains(entries.text, "refresh token reused") {
			t.Errorf("nothing in the activity stream tells of it: %s", entries.text)
		}
		still := i.refreshToken(t, 5) // the same person's of the same application, of another family
		i.client(a, "/api/o/token/", "grant_type", "refresh_token", "refresh_token", still.Token).want(t, http.StatusOK)
	})
}

// TestImportedRefreshTokenRows: every refresh token that is to come is kept as its digest with its age, its scope and its end, and in the family
// of the one that it came from.
func TestImportedRefreshTokenRows(t *testing.T) {
	afterImport(t, func(t *testing.T, i *imported) {
		db, expected := i.target(), i.Expected["oauth2_provider_refreshtoken"]
		if n := value[int](t, db, "SELECT count(*) FROM refresh_tokens WHERE revoked IS NULL"); n != expected.ImportedLive {
			t.Errorf("%d live refresh tokens, want %d", n, expected.ImportedLive)
		}
		if n := value[int](t, db, "SELECT count(*) FROM refresh_tokens WHERE revoked IS NOT NULL"); n != expected.ImportedRevoked {
			t.Errorf("%d revoked refresh tokens, want %d", n, expected.ImportedRevoked)
		}
		if n := value[int](t, db, "SELECT count(*) FROM refresh_tokens WHERE platform <> 'controller' OR family_id = '' OR user_id IS NULL"); n != 0 {
			t.Errorf("%d refresh tokens are not the controller's, have no family or nobody", n)
		}
		if n := value[int](t, db, `SELECT count(*) FROM access_tokens a WHERE family_id <> '' AND NOT EXISTS
			(SELECT 1 FROM refresh_tokens r WHERE r.family_id = a.family_id) AND application_id IS NULL`); n != 0 {
			t.Errorf("%d personal tokens have a family", n)
		}
		rows, err := i.source.QueryContext(t.Context(), `SELECT r.id, a.id, coalesce(n.id, 0) FROM oauth2_provider_refreshtoken r
			JOIN main_oauth2accesstoken a ON a.source_refresh_token_id = r.id LEFT JOIN oauth2_provider_refreshtoken n ON n.access_token_id = a.id`)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		followed := 0
		for rows.Next() {
			var spent, access, next int
			if err := rows.Scan(&spent, &access, &next); err != nil {
				t.Fatal(err)
			}
			followed += i.isFollowed(db, spent, access, next)
		}
		if err := rows.Err(); err != nil || followed < 50 {
			t.Errorf("%d refresh tokens were followed by another; %v", followed, err)
		}
	})
}

// isFollowed checks that what came of a refresh token is of its family, where both were imported, and counts it.
func (i *imported) isFollowed(db *sql.DB, spent, access, next int) int {
	i.t.Helper()
	const family = "SELECT coalesce((SELECT family_id FROM %s WHERE id = $1), '')"
	of := value[string](i.t, db, fmt.Sprintf(family, "refresh_tokens"), spent)
	later := value[string](i.t, db, fmt.Sprintf(family, "refresh_tokens"), next)
	token := value[string](i.t, db, fmt.Sprintf(family, "access_tokens"), access)
	if of == "" || later == "" {
		return 0
	}
	if of != later || of != token {
		i.t.Errorf("refresh token %d is of family %s, its successor %d of %s and access token %d of %s", spent, of, next, later, access, token)
	}
	return 1
}
