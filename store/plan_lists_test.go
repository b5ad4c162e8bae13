package store_test

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// meant reports whether a step reads all of an index, or the table in its order, because that is what is quick: the index of the few long
// descriptions, the first tokens there are, that of the others up to the end of a page, that of the tokens that were used, where those are less than a page, and after
// these the many others. PostgreSQL knows that every second token is of no application.
func meant(statement, step string) bool {
	for _, in := range []struct{ statement, step string }{
		{"", "access_tokens_long_description"},
		{" ORDER BY id LIMIT", "access_tokens"},
		{"ORDER BY access_tokens.description", "INDEX access_tokens_description"},
		{"SELECT COUNT(", "last_used on access_tokens"},
		{"access_tokens.last_used IS NULL ORDER BY access_tokens.id LIMIT", ""},
		{"access_tokens.application_id IS NULL ORDER BY access_tokens.id, access_tokens.id LIMIT", "access_tokens_pkey"},
	} {
		if strings.Contains(statement, in.statement) && strings.Contains(step, in.step) {
			return true
		}
	}
	return false
}

// counts reports whether a step reads counts, which go by the name of the table that they count.
func counts(statement, step string) bool {
	step, _, _ = strings.Cut(strings.TrimSpace(step), "\n")
	for _, table := range []string{"activity_counts", "activity_changes", "activity_by_", "access_tokens_by_", "access_token_changes"} {
		if strings.Contains(step, table) {
			return true
		}
	}
	return strings.Contains(statement, "SUM(number)") && (step == "SCAN access_tokens" || step == "SCAN activity")
}

// pagesOfLists are pages with their counts, as everybody who sees all or an application's tokens asks for them.
func pagesOfLists(r store.Reader) map[string]func(*store.Tx) error {
	operations := map[string]func(*store.Tx) error{}
	for name, sees := range map[string]models.Visibility{"all": everything, "the controller's": {All: true, Platform: models.Controller}, "own": {UserID: 7}} {
		for _, f := range []store.Filter{{}, {Field: "user", Value: "5"}, {Field: "application", Value: "5"}, {Field: "platform", Value: "controller"},
			{Field: "scope", Value: "read"}, {Field: "application", Lookup: "isnull", Value: "true"}, {Field: "created", Lookup: "gt", Value: "2026-03-02"},
			{Field: "expires", Lookup: "lt", Value: "2026-02-20"}, {Field: "description", Lookup: "startswith", Value: "token 1234"},
			{Field: "description", Lookup: "startswith", Value: "token"}, {Field: "description", Lookup: "gt", Value: "token 5"}, {Field: "description", Value: "token 5"},
			{Field: "user__username", Value: "user-5"}, {Field: "application__name", Value: "app-5"}} {
			q := store.Query{Filters: []store.Filter{f}, Limit: 25}
			if f.Field == "" {
				q.Filters = nil
			}
			operations["page and count of "+name+" by "+f.Field+f.Lookup+f.Value] = func(*store.Tx) error { _, err := r.AccessTokens(q, sees); return err }
		}
		for _, field := range []string{"id", "created", "expires", "last_used", "description", "user__username", "application__name"} {
			for _, descending := range []bool{false, true} {
				q := store.Query{Order: []store.Order{{Field: field, Descending: descending}}, Limit: 25, Offset: 50}
				operations[fmt.Sprintf("page of %s in order of %s, descending %t", name, field, descending)] = func(*store.Tx) error {
					_, err := r.AccessTokens(q, sees)
					return err
				}
			}
		}
	}
	for _, f := range []store.Filter{{}, {Field: "operation", Value: "delete"}, {Field: "object_type", Value: "user"}, {Field: "actor", Value: "12"}} {
		q := store.Query{Filters: []store.Filter{f}, Limit: 25}
		if f.Field == "" {
			q.Filters = nil
		}
		operations["entries by "+f.Field] = func(*store.Tx) error { _, err := r.Activity(q, models.ActivityVisibility{All: true}); return err }
	}
	active := store.Query{Limit: 25, Filters: []store.Filter{{Field: "application", Lookup: "isnull", Value: "true"}, {Field: "expires", Lookup: "gt", Value: r.Now().AddDate(0, 0, 7).Format(time.RFC3339)}}}
	operations["what is active of a kind"] = func(*store.Tx) error { _, err := r.AccessTokens(active, everything); return err }
	return operations
}

// TestPlansAreCovering: what is tried on the tokens that an administrator's page passes over, and what a range of theirs counts, stands in an index;
// the table is read for the tokens of the page alone.
func TestPlansAreCovering(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		growMany(t, db, 10_000)
		write(t, db, func(tx *store.Tx) error {
			return errors.Join(tx.Exec("UPDATE access_tokens SET last_used = created WHERE id % 3 = 0"), tx.Exec("UPDATE applications SET organization_id = 1 WHERE id < 12"))
		})
		if db.Dialect() == store.PostgreSQL { // which reads from the table what was written since
			_, pool := db.Pools()
			_, err := pool.ExecContext(t.Context(), "VACUUM ANALYZE access_tokens")
			check(t, err)
		}
		administrator := models.Visibility{UserID: 7, Organizations: []int64{1}}
		pages := map[string]store.Query{
			"page of a platform": {Filters: []store.Filter{{Field: "platform", Value: "gateway"}}, Limit: 25, Offset: 75},
			"page of a scope":    {Filters: []store.Filter{{Field: "scope", Value: "write"}}, Limit: 25, Offset: 75},
			"count of created":   {Filters: []store.Filter{{Field: "created", Lookup: "gt", Value: "2001-01-01"}}, Limit: 25},
			"count of expires":   {Filters: []store.Filter{{Field: "expires", Lookup: "lt", Value: "2100-01-01"}}, Limit: 25},
			"page of a prefix":   {Filters: []store.Filter{{Field: "description", Lookup: "startswith", Value: "token 2"}}, Limit: 25},
		}
		for _, field := range []string{"created", "expires", "last_used", "description", "user__username"} {
			for _, descending := range []bool{false, true} {
				pages[fmt.Sprintf("page in order of %s, descending %t", field, descending)] = store.Query{
					Order: []store.Order{{Field: field, Descending: descending}}, Limit: 25, Offset: 75}
			}
		}
		var seen []store.Statement
		check(t, db.Trace(func(s store.Statement) { seen = append(seen, s) }))
		for name, q := range pages {
			seen = nil
			page, err := db.Read(t.Context()).AccessTokens(q, administrator)
			check(t, err)
			if len(page.Rows) != q.Limit || len(seen) == 0 {
				t.Errorf("%s: %d rows by %d statements", name, len(page.Rows), len(seen))
			}
			for _, statement := range seen {
				if plan := explain(t, db, statement); !strings.Contains(statement.SQL, "digest") && readsTokens(statement.SQL, plan) {
					t.Errorf("%s reads the table: %s\n%s", name, statement.SQL, plan)
				}
			}
		}
	})
}

// TestPlansOfAUser: whatever else is asked of a user's tokens, by whoever sees all, they are read by the index of users: one of a platform or
// scope leads to as many more as there are others' tokens.
func TestPlansOfAUser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		growMany(t, db, 10_000)
		write(t, db, func(tx *store.Tx) error {
			return tx.Exec("UPDATE access_tokens SET last_used = created WHERE id % 3 = 0")
		})
		if db.Dialect() == store.PostgreSQL {
			write(t, db, func(tx *store.Tx) error { return tx.Exec("ANALYZE access_tokens") })
		}
		var seen []store.Statement
		check(t, db.Trace(func(s store.Statement) { seen = append(seen, s) }))
		for _, sees := range []models.Visibility{everything, {All: true, Platform: models.Controller}} {
			for _, other := range []string{"", "scope=write", "platform=gateway", "application__isnull=false", "created__gt=2001-01-01", "description__startswith=token"} {
				for _, order := range []string{"id", "created", "last_used", "description", "user__username"} {
					q := store.Query{Filters: []store.Filter{{Field: "user", Value: "12"}}, Order: []store.Order{{Field: order, Descending: true}}, Limit: 25}
					if other != "" {
						q.Filters = append(q.Filters, filterOf(other))
					}
					seen = nil
					_, err := db.Read(t.Context()).AccessTokens(q, sees)
					check(t, err)
					for _, statement := range seen {
						for _, step := range strings.Split(explain(t, db, statement), "\n") {
							other := otherIndexPattern.FindString(step)
							if other != "" && !counts(statement.SQL, step) {
								t.Errorf("%v, %s by %s: %s\n%s", sees, other, order, step, statement.SQL)
							}
						}
					}
				}
			}
		}
	})
}

// otherIndexPattern is a way to tokens by neither user nor id, as a plan says it.
var otherIndexPattern = regexp.MustCompile(`access_tokens_(application|controller|created|description|expires|last_used|long|platform|scope)[a-z_]*`)

// readsTokens reports whether a statement reads tokens from the table, the few own ones and those of long descriptions aside.
func readsTokens(statement, plan string) bool {
	for _, step := range strings.Split(recheckPattern.ReplaceAllString(plan, " $1"), "\n") {
		few := strings.Contains(step, "length(description) > 256") || strings.Contains(step, "long_description") || strings.Contains(step, "SEARCH access_tokens USING INDEX access_tokens_user (user_id=?)")
		if rows := rowsPattern.FindStringSubmatch(step); rows != nil {
			n, _ := strconv.Atoi(rows[1])
			few = few || n <= 100
		}
		if tablePattern.MatchString(step) && !few && !counts(statement, step) {
			return true
		}
	}
	return false
}

var (
	recheckPattern = regexp.MustCompile(`\n *(Recheck Cond)`)
	rowsPattern    = regexp.MustCompile(` rows=(\d+) `)
	tablePattern   = regexp.MustCompile(`(SCAN|SEARCH) access_tokens( USING INDEX|$)|(Seq|Heap) Scan on access_tokens|Index Scan (Backward )?using \S+ on access_tokens`)
)
