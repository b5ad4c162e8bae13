package store_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// growMany stores n access tokens of 1,000 users and 100 applications by SQL, every second with a refresh token, one in a hundred of the
// controller, and as many codes, device codes and sessions. Every second one has expired.
func growMany(t testing.TB, db storetest.DB, n int) *grown {
	t.Helper()
	g := grow(t, db)
	organization := &models.Organization{Name: "Others"}
	put(t, db, organization)
	var owners []any
	for u := range 1000 {
		owners = append(owners, &models.User{Username: fmt.Sprintf("user-%d", u)})
	}
	for a := range 100 {
		owners = append(owners, &models.Application{Name: fmt.Sprintf("app-%d", a), OrganizationID: &organization.ID})
	}
	put(t, db, owners...)
	replace := []string{"{series}", fmt.Sprintf("WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < %d)", n),
		"{from}", "FROM series", "{digest}", "CAST(printf('%032d', n + 1000000) AS BLOB)", "{at}", "1772366400000000", "{second}", "1000000",
		"{analyze}", "SELECT 1"} // nobody analyzes a SQLite file: its plans follow from the indexes alone
	if db.Dialect() == store.PostgreSQL {
		replace = []string{"{series}", "", "{from}", fmt.Sprintf("FROM generate_series(1, %d) AS series(n)", n), "{digest}", "sha256(n::text::bytea)",
			"{at}", "timestamptz '2026-03-01 12:00:00+00'", "{second}", "interval '1 second'", "{analyze}", "ANALYZE"}
	}
	expires := "{at} + (n % 2 * 2 - 1) * n * {second}"
	for _, statement := range []string{
		`INSERT INTO access_tokens (digest, hint, user_id, application_id, scope, description, expires, last_used_address, platform, family_id, audience, created, modified)
			{series} SELECT {digest}, 'abcd', 2 + n % 1000, CASE WHEN n % 2 = 0 THEN 2 + n / 2 % 100 END, 'write', 'token ' || n, ` + expires + `, '',
			CASE WHEN n % 100 = 0 THEN 'controller' ELSE 'gateway' END, CASE WHEN n % 2 = 0 THEN 'family-' || n ELSE '' END, '', {at} - n * {second}, {at} {from}`,
		`INSERT INTO refresh_tokens (digest, hint, application_id, user_id, subject_user_id, access_token_id, scope, audience, platform, family_id, created, expires, revoked, reason)
			SELECT digest, hint, application_id, user_id, user_id, id, scope, audience, platform, family_id, created, expires,
			CASE WHEN id % 8 = 0 THEN created END, '' FROM access_tokens WHERE application_id > 1`,
		`INSERT INTO authorization_codes (digest, application_id, user_id, redirect_uri, redirect_uri_sent, scope, audience, code_challenge, code_challenge_method, family_id, created, expires)
			{series} SELECT {digest}, 2, 2, '', false, 'read', '', '', '', '', {at}, ` + expires + " {from}",
		`INSERT INTO device_codes (digest, user_code_digest, application_id, user_id, scope, audience, state, interval_seconds, family_id, created, expires)
			{series} SELECT {digest}, {digest}, 2, CASE WHEN n % 2 = 0 THEN 2 + n % 1000 END, 'read', '', 'pending', 5, '', {at}, ` + expires + " {from}",
		"INSERT INTO sessions (digest, user_id, address, agent, created, last_seen, expires) {series} SELECT {digest}, 2 + n % 1000, '', '', {at}, {at}, " + expires + " {from}",
		`INSERT INTO activity (created, actor_id, actor_name, origin, address, operation, object_type, object_id, object_name, related_type, related_id, related_name,
			note, changes, owner_id, organization_id, platform) {series} SELECT {at}, 2 + n % 1000, '', 'api', '', CASE WHEN n % 10 = 0 THEN 'create' ELSE 'sign_in' END,
			CASE WHEN n % 20 = 0 THEN 'oauth2accesstoken' ELSE 'user' END, n, '', '', 0, '', '', '{}', 2 + n % 997, CASE WHEN n % 20 = 0 THEN 2 END,
			CASE WHEN n % 100 = 0 THEN 'controller' WHEN n % 20 = 0 THEN 'gateway' ELSE '' END {from}`,
		"INSERT INTO login_attempts (subject, at, failures) {series} SELECT {digest}, " + expires + ", 1 {from}",
		"INSERT INTO known_devices (user_id, kind, digest, created, last_used) {series} SELECT 2 + n % 1000, 'address', {digest}, {at}, " + expires + " {from}",
		"{analyze}",
	} {
		write(t, db, func(tx *store.Tx) error { return tx.Exec(strings.NewReplacer(replace...).Replace(statement)) })
	}
	return g
}

// explain gives the plan of a statement, one step on each line. PostgreSQL plans for a disk without moving parts.
func explain(t testing.TB, db storetest.DB, statement store.Statement) string {
	t.Helper()
	_, pool := db.Pools()
	tx, err := pool.BeginTx(t.Context(), nil)
	check(t, err)
	defer func() { _ = tx.Rollback() }()
	prefix := "EXPLAIN QUERY PLAN "
	if db.Dialect() == store.PostgreSQL {
		prefix = "EXPLAIN "
		_, err = tx.ExecContext(t.Context(), "SET LOCAL random_page_cost = 1.1")
		check(t, err)
	}
	rows, err := tx.QueryContext(t.Context(), prefix+statement.SQL, statement.Vars...)
	if err != nil {
		t.Fatalf("%s: %v", statement.SQL, err)
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	check(t, err)
	var plan strings.Builder
	for rows.Next() {
		step, values := "", make([]any, len(columns))
		for n := range values {
			values[n] = new(any)
		}
		values[len(values)-1] = &step // the last column on both
		check(t, rows.Scan(values...))
		plan.WriteString(step + "\n")
	}
	check(t, rows.Err())
	return plan.String()
}

// large are the tables that grow with use: no statement may read one of them from end to end.
var large = []string{"access_tokens", "refresh_tokens", "authorization_codes", "device_codes", "sessions", "login_attempts", "known_devices", "activity"}

// readsAll reports whether a statement reads a large table, or a whole index of it, from end to end. In the order of an index that is
// what was asked for, where nothing is left out on the way and a limit ends it.
func readsAll(statement store.Statement, plan string) bool {
	plan = strings.NewReplacer("\nSCAN", "\n-> SCAN", // which tokens live is what refresh_tokens_live is an index of
		"Filter: (revoked IS NULL)\n", "", " USING INDEX refresh_tokens_live", " (live)",
		" USING INDEX activity_gateway", " (live)", " USING INDEX activity_controller", " (live)").Replace("\n" + plan) // what a platform's stream shows
	limited := strings.Contains(statement.SQL, "LIMIT") && !strings.Contains(plan, "TEMP B-TREE FOR ORDER BY")
	chosen := strings.Contains(statement.SQL, "WHERE")
	for _, step := range strings.Split(plan, "->") {
		if counts(statement.SQL, step) {
			continue
		}
		for _, table := range large {
			if meant(statement.SQL, step) {
				continue
			}
			reads := strings.Contains(step, "Scan on "+table) || strings.Contains(step, " on "+table) && strings.Contains(step, "Scan using")
			switch {
			case strings.Contains(step, "Seq Scan on "+table),
				reads && !strings.Contains(step, "Cond:") && (!limited || strings.Contains(step, "Filter:")),
				strings.HasPrefix(strings.TrimSpace(step), "SCAN "+table) && (!limited || chosen && !strings.Contains(step, "(live)")):
				return true
			}
		}
	}
	return false
}

func TestPlans(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := growMany(t, db, 40_000)
		var mu sync.Mutex
		var seen []store.Statement
		check(t, db.Trace(func(s store.Statement) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, s)
		}))
		r := db.Read(context.Background())
		page := func(order string, filters ...store.Filter) store.Query {
			q := store.Query{Filters: filters, Limit: 25, SkipCount: true}
			if order != "" {
				q.Order = []store.Order{{Field: strings.TrimPrefix(order, "-"), Descending: order[0] == '-'}}
			}
			return q
		}
		list := func(q store.Query, v models.Visibility) func(*store.Tx) error {
			return func(*store.Tx) error { _, err := r.AccessTokens(q, v); return err }
		}
		told := func(q store.Query, v models.ActivityVisibility) func(*store.Tx) error {
			return func(*store.Tx) error { _, err := r.Activity(q, v); return err }
		}
		first := []int64{g.organization.ID}
		user := models.Visibility{UserID: 7}
		administrator := models.Visibility{UserID: 7, Organizations: []int64{g.organization.ID}}
		operations := map[string]func(*store.Tx) error{
			"token by value":             func(*store.Tx) error { _, err := r.AccessTokenByDigest(g.access.Digest); return err },
			"token by id":                func(*store.Tx) error { _, err := r.AccessToken(g.access.ID); return err },
			"refresh token by value":     func(*store.Tx) error { _, err := r.RefreshTokenByDigest(g.refresh.Digest); return err },
			"session by cookie":          func(*store.Tx) error { _, err := r.SessionByDigest(models.Digest{}); return ignore(err) },
			"sessions of a user":         func(*store.Tx) error { _, err := r.Sessions(5); return err },
			"code by value":              func(*store.Tx) error { _, err := r.AuthorizationCodeByDigest(models.Digest{}); return ignore(err) },
			"hints":                      func(*store.Tx) error { _, err := r.AccessTokenHints([]int64{1, 2, 3}, 10); return err },
			"list":                       list(page(""), everything),
			"list, newest first":         list(page("-id"), everything),
			"list by expiry":             list(page("expires"), everything),
			"list by expiry, latest":     list(page("-expires"), everything),
			"list of the controller":     list(page(""), models.Visibility{All: true, Platform: models.Controller}),
			"list filtered by platform":  list(page("", store.Filter{Field: "platform", Value: "controller"}), everything),
			"list filtered by user":      list(page("", store.Filter{Field: "user", Value: "5"}), everything),
			"list by username":           list(page("", store.Filter{Field: "user__username", Value: "user-5"}), everything),
			"list by application":        list(page("", store.Filter{Field: "application", Value: "5"}), everything),
			"list by ids":                list(page("", store.Filter{Field: "id", Lookup: "in", Value: "1,5,900"}), everything),
			"list of what expires":       list(page("expires", store.Filter{Field: "expires", Lookup: "lt", Value: "2026-01-01"}), everything),
			"list and count of a user":   list(store.Query{Limit: 25}, user),
			"list of an administrator":   list(page(""), administrator),
			"list and count of the same": list(store.Query{Limit: 25}, administrator),
			"entries at the gateway":     told(page(""), models.ActivityVisibility{All: true}),
			"entries with sign-ins":      told(page(""), everyEntry),
			"entries at the controller":  told(page("id"), models.ActivityVisibility{All: true, Platform: models.Controller}),
			"entries of an object":       told(page("", filterOf("content_type=1"), filterOf("object_id=60")), models.ActivityVisibility{All: true}),
			"the same at the controller": told(page("id", filterOf("o_auth2_access_token__id=60")), models.ActivityVisibility{All: true, Platform: models.Controller}),
			"entries about a user":       told(page("id", filterOf("user=9")), models.ActivityVisibility{All: true, Platform: models.Controller}),
			"entries of an actor":        told(page("", filterOf("created_by=12")), models.ActivityVisibility{All: true}),
			"entries of a time":          told(page("created", filterOf("created__gt=2026-03-02")), models.ActivityVisibility{All: true}),
			"one's own entries":          told(store.Query{Limit: 25}, models.ActivityVisibility{UserID: 7}),
			"one's own, with sign-ins":   told(page(""), models.ActivityVisibility{UserID: 7, SignIns: true}),
			"an administrator's entries": told(store.Query{Limit: 25}, models.ActivityVisibility{UserID: 7, Tokens: first, Applications: first, Organizations: first}),
			"a member's entries": told(store.Query{Limit: 25}, models.ActivityVisibility{UserID: 7, Applications: first, Organizations: first,
				Users: &models.Visibility{UserID: 7, Organizations: first}, Platform: models.Controller}),
			"runs over many things": told(page("-id", filterOf("object_type__in=oauth2accesstoken,session"), filterOf("object_id=0"), filterOf("operation=delete")), everyEntry),
			"entries of an actor in the console": told(store.Query{Limit: 25, CountTo: 1000, Order: []store.Order{{Field: "id", Descending: true}},
				Filters: []store.Filter{filterOf("actor=12")}}, everyEntry),
			"preview of clearing":     func(*store.Tx) error { _, err := r.PreviewClearing(start.Add(-time.Hour)); return err },
			"preview of a revocation": func(*store.Tx) error { _, err := r.PreviewRevocation(5, models.Gateway, true); return err },
			"preview of sessions":     func(*store.Tx) error { _, err := r.PreviewSessions(0, true); return err },
			"sessions of one to end":  func(*store.Tx) error { _, err := r.PreviewSessions(5, false); return err },
			"preview of idleness":     func(*store.Tx) error { _, err := r.UnusedTokens(start.AddDate(0, 0, -9), start); return err },
			"tokens that live longer": func(*store.Tx) error { _, err := r.TokensExpiringAfter(start); return err },
			"list of unused tokens": func(*store.Tx) error {
				q := page("-id", filterOf("expires__gt=2026-03-01"))
				q.SkipCount, q.CountTo, q.LastUse = false, 1000, store.LastUse{Until: start.AddDate(0, 0, -1), Unused: true}
				_, err := r.AccessTokens(q, everything)
				return err
			},
			"token policy":            func(*store.Tx) error { _, err := r.TokenPolicy(); return err },
			"what goes with a user":   func(*store.Tx) error { _, err := r.Dependents(0, 5); return err },
			"redeem":                  func(tx *store.Tx) error { _, err := tx.RedeemAuthorizationCode(models.Digest{}); return ignore(err) },
			"rotate":                  func(tx *store.Tx) error { _, err := tx.RotateRefreshToken(g.refresh.Digest); return err },
			"successors":              func(*store.Tx) error { _, err := r.Successors(5); return err },
			"count a repeat":          func(tx *store.Tx) error { _, err := tx.CountRepeat(g.refresh.ID, 5); return err },
			"note the use":            func(tx *store.Tx) error { return tx.SetLastUsed(store.Use{TokenID: g.access.ID, At: start}) },
			"revoke a family":         func(tx *store.Tx) error { return revoke(tx, store.TokenSelection{FamilyID: "family-8"}) },
			"revoke a user's":         func(tx *store.Tx) error { return revoke(tx, store.TokenSelection{UserID: 5, Limit: 1000}) },
			"revoke an application's": func(tx *store.Tx) error { return revoke(tx, store.TokenSelection{ApplicationID: 5, Limit: 100}) },
			"delete the controller's": func(tx *store.Tx) error {
				_, err := tx.DeleteAccessTokens(store.TokenSelection{Platform: models.Controller, Limit: 100})
				return err
			},
			"revoke everything": func(tx *store.Tx) error { return revoke(tx, store.TokenSelection{Everything: true, Limit: 100}) },
			"revoke acting as a user": func(tx *store.Tx) error {
				_, err := tx.DeleteRefreshTokens(store.TokenSelection{SubjectUserID: 5})
				return err
			},
			"narrow a family":   func(tx *store.Tx) error { return tx.NarrowRefreshTokens("family-8", models.ScopeRead) },
			"clear codes":       clearing(store.ExpiredAuthorizationCodes(start), 100),
			"enter a user code": func(tx *store.Tx) error { _, err := tx.ClaimDeviceCode(g.device.UserCodeDigest, g.user.ID); return err },
			"decide a user code": func(tx *store.Tx) error {
				_, err := tx.DecideDeviceCode(models.Digest{}, 5, models.DeviceDenied)
				return ignore(err)
			},
			"poll with a device code":   func(tx *store.Tx) error { _, err := tx.LockPendingDeviceCode(g.device.ID); return err },
			"note a poll":               func(tx *store.Tx) error { return tx.NotePoll(g.device.ID, 10) },
			"redeem a device code":      func(tx *store.Tx) error { return ignore(tx.RedeemDeviceCode(&g.device)) },
			"clear device codes":        clearing(store.ExpiredDeviceCodes(start), 100),
			"clear revoked":             clearing(store.RevokedRefreshTokens(start.AddDate(-1, 0, 0)), 100),
			"clear refresh tokens":      clearing(store.ExpiredRefreshTokens(start, start.AddDate(0, 0, -1)), 100),
			"clear lone refresh tokens": clearing(store.LoneRefreshTokens(start, start.AddDate(0, 0, -1)), 100),
			"clear access tokens":       clearing(store.ExpiredAccessTokens(start), 100),
			"attempts of a subject":     func(*store.Tx) error { _, err := r.LoginAttempts(models.Digest{}, start); return err },
			"count an attempt":          func(tx *store.Tx) error { return tx.CountAttempts([]models.Digest{{}, {1}}) },
			"forget attempts":           func(tx *store.Tx) error { return tx.ForgetAttempts(models.Digest{}, start) },
			"take an attempt back":      func(tx *store.Tx) error { return tx.TakeBackAttempts([]models.Digest{{}, {1}}, start) },
			"known devices":             func(*store.Tx) error { _, err := r.KnownDevices(5, []models.Digest{{}, {1}}); return err },
			"keep a known device": func(tx *store.Tx) error {
				return tx.KeepKnownDevice(models.KnownDevice{UserID: 5, Kind: models.DeviceAddress}, 20)
			},
			"clear attempts": func(tx *store.Tx) error {
				_, err := tx.ClearLoginAttempts(start.Add(-time.Hour), 100)
				return err
			},
			"clear known devices": func(tx *store.Tx) error {
				_, err := tx.ClearKnownDevices(start.Add(-time.Hour), 100)
				return err
			},
			"clear sessions":              clearing(store.ExpiredSessions(start), 100),
			"clear replaced tokens":       clearing(store.ExpiredReplacedTokens(start), 100),
			"keep the newest sessions":    func(tx *store.Tx) error { return tx.KeepNewestSessions(5, 3) },
			"end a user's other sessions": func(tx *store.Tx) error { _, err := tx.DeleteSessions(5, 1); return err },
		}
		maps.Copy(operations, pagesOfLists(r))
		for name, operation := range operations {
			seen = nil
			err := db.Write(context.Background(), func(tx *store.Tx) error {
				if err := operation(tx); err != nil {
					return err
				}
				return errStop // the next operation finds the same rows
			})
			if err == nil || !strings.Contains(err.Error(), errStop.Error()) {
				t.Fatalf("%s: %v", name, err)
			}
			if len(seen) == 0 {
				t.Errorf("%s ran no statement", name)
			}
			for _, statement := range seen {
				if plan := explain(t, db, statement); readsAll(statement, plan) {
					t.Errorf("%s reads a whole table: %s\n%s", name, statement.SQL, plan)
				}
			}
		}
	})
}

func revoke(tx *store.Tx, selection store.TokenSelection) error {
	if _, err := tx.RevokeRefreshTokens(selection, store.ReasonRevoked); err != nil {
		return err
	}
	_, err := tx.DeleteAccessTokens(selection)
	return err
}

// ignore takes what is not there for found: the plan is the same.
func ignore(error) error { return nil }
