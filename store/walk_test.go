package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// walked are the ids of a walk through the tokens, by stretches of so many.
func walked(t *testing.T, db storetest.DB, stretch int, q store.Query, v models.Visibility) []int64 {
	t.Helper()
	db.SetStretch(stretch)
	found := []int64{}
	check(t, db.Read(t.Context()).WalkAccessTokens(q, v, func(tokens []models.AccessToken) error {
		found = append(found, ids(tokens)...)
		return nil
	}))
	return found
}

// TestWalkIsTheList: whoever looks, whatever is asked and in every order, a walk comes by the rows of the list, each once and in its order,
// wherever its stretches end.
func TestWalkIsTheList(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		organizations, users := growPages(t, db)
		for who, sees := range map[string]models.Visibility{"all": everything, "own": {UserID: users[1]}, "the controller's": {All: true, Platform: models.Controller},
			"administered": {UserID: users[2], Organizations: organizations[:2]}, "nothing": {UserID: 999}} {
			for what, q := range map[string]store.Query{"everything": {}, "by scope": {Filters: filters("scope=read")}, "found": {Search: []string{"LONG"}},
				"personal": {Filters: filters("application isnull=true", "expires gt=2026-03-02")}} {
				for _, order := range []string{"", "id", "created", "expires", "last_used", "description", "user__username", "application__name", "scope", "platform"} {
					for _, descending := range []bool{false, true} {
						if q.Order = nil; order != "" {
							q.Order = []store.Order{{Field: order, Descending: descending}}
						}
						whole, err := db.Read(t.Context()).AccessTokens(q, sees)
						check(t, err)
						for _, stretch := range []int{7, 1000} {
							equal(t, fmt.Sprintf("%s, %s by %s (%t) by %d", who, what, order, descending, stretch), walked(t, db, stretch, q, sees), ids(whole.Rows))
						}
					}
				}
			}
		}
	})
}

// TestWalkEveryList: every list can be walked through, with what hangs on its rows.
func TestWalkEveryList(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		put(t, db, &models.Session{Digest: models.NewSecret(40).Digest(), UserID: g.user.ID, Expires: db.Now().Add(time.Hour)})
		write(t, db, func(tx *store.Tx) error {
			return tx.Record(models.Activity{Operation: models.OperationCreate, ObjectType: models.ObjectUser, ObjectID: 1}, models.Activity{Operation: models.OperationSignIn, ObjectType: models.ObjectUser, ObjectID: 2})
		})
		db.SetStretch(1)
		r := db.Read(t.Context())
		whole := models.ActivityVisibility{All: true, SignIns: true}
		twice := store.Query{Order: []store.Order{{Field: "created", Descending: true}, {Field: "id", Descending: true}}}
		entries, err := r.Activity(twice, whole)
		check(t, err)
		users, err := r.Users(store.Query{}, everything)
		check(t, err)
		applications, err := r.Applications(store.Query{}, everything)
		check(t, err)
		organizations, err := r.Organizations(store.Query{}, everything)
		check(t, err)
		sessions, err := r.LiveSessions(store.Query{}, everything)
		check(t, err)
		equal(t, "activity", collect(t, func(each func([]models.Activity) error) error { return r.WalkActivity(twice, whole, each) }), entries.Rows)
		equal(t, "users", collect(t, func(each func([]models.User) error) error { return r.WalkUsers(0, store.Query{}, everything, each) }), users.Rows)
		equal(t, "applications", collect(t, func(each func([]models.Application) error) error {
			return r.WalkApplications(store.Query{}, everything, each)
		}), applications.Rows)
		equal(t, "organizations", collect(t, func(each func([]models.Organization) error) error {
			return r.WalkOrganizations(store.Query{}, everything, each)
		}), organizations.Rows)
		equal(t, "sessions", collect(t, func(each func([]models.Session) error) error {
			return r.WalkLiveSessions(store.Query{}, everything, each)
		}), sessions.Rows)
		for _, o := range organizations.Rows {
			members, err := r.Members(o.ID, "", store.Query{}, everything)
			check(t, err)
			equal(t, "members", collect(t, func(each func([]models.User) error) error { return r.WalkUsers(o.ID, store.Query{}, everything, each) }), members.Rows)
		}
	})
}

func collect[T any](t *testing.T, walk func(func([]T) error) error) []T {
	t.Helper()
	found := []T{}
	check(t, walk(func(rows []T) error {
		found = append(found, rows...)
		return nil
	}))
	return found
}

// TestWalkHoldsNothing: while somebody takes their time with the rows, others write, and the connections are free; what is deleted meanwhile
// is left out, and what fails stops the walk.
func TestWalkHoldsNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		growPages(t, db)
		db.SetStretch(5)
		read, _ := db.Pools()
		batches, last := 0, int64(0)
		stop := errors.New("enough")
		err := db.Read(t.Context()).WalkAccessTokens(store.Query{}, everything, func(tokens []models.AccessToken) error {
			batches++
			if busy := read.Stats().InUse; busy != 0 {
				t.Errorf("%d connections are in use", busy)
			}
			if tokens[0].ID <= last {
				t.Errorf("token %d after %d", tokens[0].ID, last)
			}
			last = tokens[len(tokens)-1].ID
			write(t, db, func(tx *store.Tx) error {
				_, err := tx.DeleteAccessTokens(store.TokenSelection{IDs: []int64{last + 1}})
				return err
			})
			if batches == 4 {
				return stop
			}
			return nil
		})
		if !errors.Is(err, stop) || batches != 4 || last != 23 { // one of each five was deleted
			t.Errorf("%v after %d batches up to %d", err, batches, last)
		}
	})
}

// TestWalksAreFew: so many at once and no more, whoever comes then is told; the lists themselves go on.
func TestWalksAreFew(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		growPages(t, db)
		pool, _ := db.Pools()
		if most := pool.Stats().MaxOpenConnections; db.Walks() < 1 || db.Walks()+db.Turns() > most/2 {
			t.Errorf("%d walks and %d lists at once on %d connections", db.Walks(), db.Turns(), most)
		}
		db.SetLimit(10 * time.Millisecond)
		var nest func(depth int) error
		nest = func(depth int) error {
			return db.Read(t.Context()).WalkAccessTokens(store.Query{}, everything, func([]models.AccessToken) error {
				if depth < db.Walks() {
					return nest(depth + 1)
				}
				_, err := db.Read(t.Context()).AccessTokens(store.Query{Limit: 5}, everything)
				check(t, err)
				return nest(depth + 1)
			})
		}
		if err := nest(1); !errors.Is(err, store.ErrTooManyWalks) {
			t.Errorf("one more: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := db.Read(ctx).WalkAccessTokens(store.Query{}, everything, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("somebody who has gone: %v", err)
		}
		db.SetLimit(time.Minute)
		check(t, db.Read(t.Context()).WalkAccessTokens(store.Query{}, everything, func([]models.AccessToken) error { return nil })) // all turns are free again
	})
}

// TestWalkRefused: what a list refuses a walk refuses, before the first row; it may take longer than a page.
func TestWalkRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		growPages(t, db)
		for want, q := range map[string]store.Query{"Filtering on hint": {Filters: filters("hint=x")}, "Null characters": {Search: []string{"a\x00"}},
			"no field": {Order: []store.Order{{Field: "nonsense"}}}} {
			refuse(t, db, q, want)
		}
		slow(t, db, func() {
			refuse(t, db, store.Query{Search: []string{"x"}, Order: []store.Order{{Field: "scope"}}}, "takes too long because of search, order_by scope")
		})
	})
}

func refuse(t *testing.T, db storetest.DB, q store.Query, want string) {
	t.Helper()
	err := db.Read(t.Context()).WalkAccessTokens(q, everything, func([]models.AccessToken) error {
		t.Errorf("%s: there are rows", want)
		return nil
	})
	var refused *store.QueryError
	if !errors.As(err, &refused) || !strings.Contains(refused.Message, want) {
		t.Errorf("want %q, got %v", want, err)
	}
}

// TestWalkPlans: each stretch of a walk in the order of an index begins where the last one ended, and sorts nothing but what ties.
func TestWalkPlans(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		growMany(t, db, 20_000)
		db.SetStretch(500)
		var seen []store.Statement
		check(t, db.Trace(func(s store.Statement) { seen = append(seen, s) }))
		enough := errors.New("enough")
		for _, order := range []store.Order{{Field: "id"}, {Field: "id", Descending: true}, {Field: "created"}, {Field: "created", Descending: true}, {Field: "expires"},
			{Field: "expires", Descending: true}} {
			seen = nil
			batches := 0
			err := db.Read(t.Context()).WalkAccessTokens(store.Query{Order: []store.Order{order}}, everything, func([]models.AccessToken) error {
				if batches++; batches == 3 {
					return enough
				}
				return nil
			})
			if !errors.Is(err, enough) {
				t.Fatal(err)
			}
			stretches := 0
			for _, statement := range seen {
				if !strings.Contains(statement.SQL, "LIMIT") {
					continue
				}
				stretches++
				plan := explain(t, db, statement)
				sorts := strings.Contains(plan, "TEMP B-TREE FOR ORDER BY") || strings.Contains(strings.ReplaceAll(plan, "Incremental Sort", ""), "Sort  (")
				searches := strings.Contains(plan, "Index Cond") || strings.Contains(plan, "SEARCH access_tokens")
				if sorts || stretches > 1 && !searches {
					t.Errorf("by %s, descending %t: %s\n%s", order.Field, order.Descending, statement.SQL, plan)
				}
			}
			if stretches != 3 {
				t.Errorf("by %s: %d stretches in %d statements", order.Field, stretches, len(seen))
			}
		}
	})
}
