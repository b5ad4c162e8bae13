package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// someTokens are tokens of the user with ids from first on.
func someTokens(user *models.User, first int64, number int) []models.AccessToken {
	tokens := make([]models.AccessToken, number)
	for n := range tokens {
		id := first + int64(n)
		tokens[n] = models.AccessToken{ID: id, Digest: models.SecretOf(fmt.Sprint("imported ", id)).Digest(), Hint: "impo", UserID: &user.ID, Scope: "write",
			Description: fmt.Sprint("imported ", id), Expires: start.AddDate(1000, 0, n%3), Platform: models.Controller,
			Stamps: models.Stamps{Created: start.AddDate(0, 0, -n%5), Modified: start}}
	}
	return tokens
}

// schemaOf is what there is of indexes and triggers.
func schemaOf(t *testing.T, db storetest.DB) string {
	t.Helper()
	driver, address, query := "pgx", db.URL, `SELECT string_agg(each, E'\n' ORDER BY each) FROM (SELECT indexdef AS each FROM pg_indexes WHERE schemaname = 'public'
		UNION ALL SELECT pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger) AS all_of_them`
	if path, ok := strings.CutPrefix(db.URL, "sqlite:"); ok {
		driver, address, query = "sqlite", path, "SELECT group_concat(sql, char(10)) FROM (SELECT sql FROM sqlite_master ORDER BY type, name)"
	}
	opened, err := sql.Open(driver, address)
	check(t, err)
	defer func() { _ = opened.Close() }()
	var schema string
	check(t, opened.QueryRowContext(t.Context(), query).Scan(&schema))
	return schema
}

// TestImportOfMany: what is prepared for very many rows is as before afterwards, whether the table was empty or not, and all is counted.
func TestImportOfMany(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		user := &models.User{Username: "owner"}
		put(t, db, user)
		schema := schemaOf(t, db)
		for _, first := range []int64{1, 1001} {
			check(t, db.Import(t.Context(), func(tx *store.Import) error {
				finish, err := tx.Bulk(store.TableAccessTokens, 1_000_000)
				if err != nil {
					return err
				}
				for part := range int64(2) {
					if err := tx.AccessTokens(someTokens(user, first+part*500, 500)); err != nil {
						return err
					}
				}
				if err := finish(); err != nil {
					return err
				}
				return tx.Remember([]models.ImportRow{{SourceTable: "theirs", SourceID: first, ID: first}})
			}))
			equal(t, "indexes and triggers", schemaOf(t, db), schema)
			checkCounts(t, db, "an import")
		}
		page, err := db.Read(t.Context()).AccessTokens(store.Query{Limit: 1, Filters: []store.Filter{{Field: "description", Value: "imported 1500"}}}, models.Visibility{All: true})
		check(t, err)
		if page.Count != 1 || page.Rows[0].ID != 1500 || !page.Rows[0].Expires.Equal(start.AddDate(1000, 0, 1)) {
			t.Errorf("the page is %+v", page)
		}
	})
}

// TestImportEndsWithItsContext: nothing of it stays, and the next one finds all as it was.
func TestImportEndsWithItsContext(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		user := &models.User{Username: "owner"}
		put(t, db, user)
		schema := schemaOf(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Import(ctx, func(tx *store.Import) error {
			if _, err := tx.Bulk(store.TableAccessTokens, 1_000_000); err != nil {
				return err
			}
			if err := tx.AccessTokens(someTokens(user, 1, 100)); err != nil {
				return err
			}
			cancel()
			return tx.AccessTokens(someTokens(user, 101, 100))
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		equal(t, "indexes and triggers", schemaOf(t, db), schema)
		empty, err := db.Read(t.Context()).Empty(store.TableAccessTokens)
		check(t, err)
		if !empty {
			t.Error("tokens stayed")
		}
		err = db.Import(t.Context(), func(tx *store.Import) error {
			if err := tx.AccessTokens(someTokens(user, 1, 1)); err != nil {
				return err
			}
			return tx.AccessTokens(someTokens(user, 1, 1))
		})
		if !errors.Is(err, store.ErrConflict) {
			t.Errorf("the same id twice: %v", err)
		}
		check(t, db.Import(t.Context(), func(tx *store.Import) error { return tx.AccessTokens(someTokens(user, 1, 1)) }))
	})
}

// TestIDsOfImports: ids above those of the source are given until the end of importing.
func TestIDsOfImports(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		check(t, db.Import(t.Context(), func(tx *store.Import) error {
			if err := tx.RaiseIDs(store.TableUsers, 1000); err != nil {
				return err
			}
			return tx.RaiseIDs(store.TableUsers, 10) // never lower
		}))
		first, second := &models.User{Username: "first"}, &models.User{Username: "second"}
		put(t, db, first)
		check(t, db.Import(t.Context(), func(tx *store.Import) error {
			next, err := tx.NextID(store.TableUsers)
			if next != 1002 {
				t.Errorf("the next id is %d", next)
			}
			return errors.Join(err, tx.Remember([]models.ImportRow{{SourceTable: "people", SourceID: 7, ID: 1500}}))
		}))
		write(t, db, func(tx *store.Tx) error {
			return tx.LowerIDs(map[string][]string{store.TableUsers: {"others", "people"}, store.TableApplications: {"programs"}})
		})
		put(t, db, second)
		if first.ID != 1001 || second.ID != 1501 {
			t.Errorf("the ids are %d and %d", first.ID, second.ID)
		}
	})
}
