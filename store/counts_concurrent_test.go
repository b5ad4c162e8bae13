package store_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// TestCountsUnderConcurrentWriters: many issue, refresh and delete tokens of the same application at once, and some give up; nobody waits
// for a counter in a deadlock, and nothing is counted twice.
func TestCountsUnderConcurrentWriters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		var group sync.WaitGroup
		for worker := range 8 {
			group.Go(func() {
				for n := range 60 {
					err := db.Write(context.Background(), func(tx *store.Tx) error {
						old := &models.AccessToken{UserID: &g.user.ID, ApplicationID: &g.application.ID}
						if err := putOne(tx, old); err != nil {
							return err
						}
						if n%3 == 0 {
							if _, err := tx.DeleteAccessTokens(store.TokenSelection{IDs: []int64{old.ID}}); err != nil {
								return err
							}
						}
						if n%5 == worker%5 && tx.Settle() != nil {
							t.Error("settle failed")
						}
						if n%7 == 0 {
							return errStop
						}
						return tx.Record(models.Activity{ActorID: &g.user.ID, Operation: models.OperationCreate, ObjectType: models.ObjectAccessToken})
					})
					if err != nil && !errors.Is(err, errStop) {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		checkCounts(t, db, "concurrent writers")
	})
}

// TestCountsOfAMovedApplication: an application goes from one organization to the other and back while its tokens are made, changed and deleted; each is counted of the one
// that has it.
func TestCountsOfAMovedApplication(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g, other := grow(t, db), &models.Organization{Name: "other"}
		put(t, db, other)
		var workers sync.WaitGroup
		work := func(times int, change func(n int) func(*store.Tx) error) {
			workers.Go(func() {
				for n := range times {
					if err := db.Write(t.Context(), change(n)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for range 3 {
			work(60, func(int) func(*store.Tx) error {
				return func(tx *store.Tx) error {
					return putOne(tx, &models.AccessToken{UserID: &g.user.ID, ApplicationID: &g.application.ID, Description: "made"})
				}
			})
		}
		work(30, func(int) func(*store.Tx) error {
			return func(tx *store.Tx) error {
				_, err := tx.DeleteAccessTokens(store.TokenSelection{ApplicationID: g.application.ID, Limit: 2})
				return err
			}
		})
		work(40, func(int) func(*store.Tx) error {
			return func(tx *store.Tx) error {
				return tx.Exec("UPDATE access_tokens SET description = 'changed' WHERE id = (SELECT max(id) FROM access_tokens)")
			}
		})
		work(40, func(n int) func(*store.Tx) error {
			return func(tx *store.Tx) error {
				row, err := tx.LockApplication(g.application.ID)
				if err != nil {
					return err
				}
				row.OrganizationID = []*int64{&g.organization.ID, &other.ID, nil}[n%3]
				return tx.UpdateApplication(row)
			}
		})
		workers.Wait()
		checkCounts(t, db, "moving")
	})
}

// TestCountsWhileTokensAreIssued: what is counted as all less some is never more or less than what is there, also while tokens are issued.
func TestCountsWhileTokensAreIssued(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		root, others := &models.User{Username: "root", IsSuperuser: true}, &models.User{Username: "alice"}
		put(t, db, root, others, &models.User{Username: "bob"})
		ctx, stop := context.WithCancel(t.Context())
		var writers sync.WaitGroup
		for range 2 {
			writers.Go(func() {
				for ctx.Err() == nil {
					if err := db.Write(context.Background(), func(tx *store.Tx) error { return putOne(tx, &models.AccessToken{UserID: &root.ID}) }); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for _, f := range []store.Filter{{Field: "user__is_superuser", Value: "false"}, {Field: "user", Lookup: "isnull", Value: "true"}} {
			for range 200 {
				page, err := db.Read(t.Context()).AccessTokens(store.Query{Filters: []store.Filter{f}, Limit: 1, Sees: seesAll}, everything)
				check(t, err)
				if page.Count != 0 {
					t.Fatalf("%s: count %d of none", f.Field, page.Count)
				}
			}
		}
		stop()
		writers.Wait()
	})
}
