package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// slow makes every list that is limited take longer than its limit: SQLite has no time at all, and PostgreSQL waits for a table that
// somebody else holds while ask runs.
func slow(t *testing.T, db storetest.DB, ask func()) {
	t.Helper()
	if db.Dialect() == store.SQLite {
		db.SetLimit(1)
		ask()
		return
	}
	db.SetLimit(time.Millisecond)
	write(t, db, func(tx *store.Tx) error {
		if err := tx.Exec("LOCK TABLE access_tokens IN ACCESS EXCLUSIVE MODE"); err != nil {
			return err
		}
		ask()
		return nil
	})
}

// Contract §12.31: what takes too long is ended by the database and is the fault of what was asked for, by name.
func TestSlowQueries(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		grow(t, db)
		regex := store.Query{Filters: filters("description regex=(a*)*b", "not user__username=x", "description regex=c"), Search: []string{"a", "b"},
			Order: []store.Order{{Field: "application__name", Descending: true}}}
		many := store.Query{Filters: filters("id=1", "id in=1", "id gt=1", "id gte=1", "id lt=1", "id lte=1", "id isnull=true", "user=1", "application=1", "scope=1", "platform=x", "user__id=1")}
		slow(t, db, func() {
			for want, q := range map[string]store.Query{
				"description__regex, user__username, search, order_by application__name": regex,
				"search":      {Search: []string{"x"}},
				"order_by id": {Order: []store.Order{{Field: "id"}}},
				"id, id__in, id__gt, id__gte, id__lt, id__lte, id__isnull, user, application, scope, …": many,
			} {
				_, err := db.Read(t.Context()).AccessTokens(q, everything)
				var refused *store.QueryError
				if !errors.As(err, &refused) || refused.Secret || refused.Message != "The query takes too long because of "+want+". Ask for less at once." {
					t.Errorf("%s: %v", want, err)
				}
			}
			_, err := ask(t, db, "applications", seesAll, store.Query{Filters: filters("tokens search=x")})
			if err == nil || !strings.Contains(err.Error(), "too long because of tokens__search.") {
				t.Errorf("a question about another list: %v", err)
			}
			if db.Dialect() == store.SQLite { // nothing is asked for that could be to blame
				_, err := db.Read(t.Context()).AccessTokens(store.Query{Limit: 25}, everything)
				check(t, err)
			}
		})
		db.SetLimit(time.Minute)
		for range 40 { // every connection is as it was
			page, err := db.Read(t.Context()).AccessTokens(regex, everything)
			check(t, err)
			equal(t, "rows", len(page.Rows), 0)
		}
	})
}

// Whoever asks for long lists without end keeps nobody from their tokens: lists run in turns, with connections to spare, and all else does
// not wait for them.
func TestListsLeaveConnections(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		pool, _ := db.Pools()
		if most := pool.Stats().MaxOpenConnections; db.Turns() < 1 || db.Turns() > most/2 {
			t.Errorf("%d lists at once on %d connections", db.Turns(), most)
		}
		db.SetLimit(10 * time.Millisecond)
		giveBack := db.TakeTurns()
		read := db.Read(t.Context())
		lists := map[string]store.Query{"all": {Limit: 25}, "filter": {Filters: filters("username=alice")}, "search": {Search: []string{"alice"}}, "order": {Order: []store.Order{{Field: "id"}}},
			"not": {Filters: filters("not id=0")}, "or": {Filters: filters("or id=1")}, "greater": {Filters: filters("id gt=0")}, "one of two": {Filters: filters("id=1", "email=x")}}
		for name, q := range lists {
			if _, err := read.Users(q, everything); !errors.Is(err, store.ErrUnavailable) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := read.Activity(store.Query{Filters: filters("id=1")}, models.ActivityVisibility{All: true}); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("the activity stream: %v", err)
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		if _, err := db.Read(gone).Users(lists["search"], everything); !errors.Is(err, context.Canceled) {
			t.Errorf("a caller who is gone: %v", err)
		}

		db.SetLimit(time.Minute) // nobody waits that long
		_, err := read.AccessTokenByDigest(g.access.Digest)
		check(t, err)
		for name, q := range map[string]store.Query{"by id": {Filters: filters("id=1")}, "by ids": {Filters: filters("id in=1,2", "id exact=1")}} {
			if _, err := db.Read(t.Context()).Users(q, everything); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		giveBack()
		for range db.Turns() + 1 {
			_, err := db.Read(t.Context()).Users(lists["search"], everything)
			check(t, err)
		}
		db.TakeTurns() // which are all there again
	})
}

// The limit is not taken for the end of the caller, nor the caller's end for the limit.
func TestCallersEndIsNoSlowQuery(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		gone, leave := context.WithCancel(t.Context())
		leave()
		late, cancel := context.WithDeadline(t.Context(), time.Now())
		defer cancel()
		slow(t, db, func() {
			for want, ctx := range map[error]context.Context{context.Canceled: gone, context.DeadlineExceeded: late} {
				_, err := db.Read(ctx).AccessTokens(store.Query{Search: []string{"x"}}, everything)
				var refused *store.QueryError
				if !errors.Is(err, want) || errors.As(err, &refused) {
					t.Errorf("want %v: %v", want, err)
				}
			}
		})
	})
}

// A list that is read inside a change has the limit of the change alone.
func TestListsInsideAChangeAreNotLimited(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		db.SetLimit(1)
		write(t, db, func(tx *store.Tx) error {
			page, err := tx.Users(store.Query{Search: []string{"alice"}}, models.Visibility{UserID: g.user.ID})
			equal(t, "users", ids(page.Rows), []int64{g.user.ID})
			return err
		})
	})
}

// Of a text that is long and an expression that is large no server waits for the end (SQLite could not end it either).
func TestPatientReader(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("a", 20_000)
	for pattern, want := range map[string]bool{"b$": false, "a{100}$": true, "^b": false} {
		matched, err := store.MatchesPattern(pattern, text, time.Now().Add(time.Hour))
		if err != nil || matched != want {
			t.Errorf("%s: %v, %v", pattern, matched, err)
		}
	}
	if _, err := store.MatchesPattern("((a{0,30}){0,30})b", text, time.Now()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("time was up and the answer %v", err)
	}
}
