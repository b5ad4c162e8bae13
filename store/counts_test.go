package store_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// countsOf are the views of counts with the queries that count the rows themselves.
func countsOf(dialect string) map[string]string {
	day := "day_of(%[1]s)"
	if dialect == store.SQLite {
		day = "(%[1]s - (%[1]s %% 86400000000 + 86400000000) %% 86400000000) / 86400000000"
	}
	var values, noted []string
	value := func(field, column, of string) { // column is what is noted
		for organization, personal := range map[string]string{"0": "application_id IS NULL", "organization_id": "false"} {
			values = append(values, fmt.Sprintf(`SELECT %s AS organization_id, '%s' AS field, %s AS value, platform, %s AS personal, count(*) AS number
				FROM (SELECT t.*, a.organization_id FROM access_tokens AS t LEFT JOIN applications AS a ON a.id = t.application_id) AS tokens
				WHERE %[3]s IS NOT NULL AND %[1]s IS NOT NULL GROUP BY 1, 2, 3, 4, 5`, organization, field, of, personal))
			noted = append(noted, fmt.Sprintf("SELECT %s, '%s', %s, platform, %s, tokens FROM access_token_changes WHERE %[3]s IS NOT NULL AND %[1]s IS NOT NULL", organization, field, column, personal))
		}
	}
	for _, field := range []string{"created", "modified", "expires", "last_used"} {
		value(field, field, fmt.Sprintf(day, field))
	}
	value("user", "user_id", "user_id")
	value("users", "user_id / 128", "user_id / 128")
	for _, author := range []string{"created", "modified"} {
		for field, of := range map[string]string{"_by": author + "_by", "_for": "user_id"} {
			others := fmt.Sprintf("CASE WHEN %s_by IS DISTINCT FROM user_id THEN %s END", author, of)
			value(author+field, others, others)
		}
	}
	var counted []string
	for _, platform := range []string{"gateway", "controller"} {
		counted = append(counted, fmt.Sprintf("SELECT organization_id, field, value, '%s' AS platform, false AS personal, %[1]s - personal_%[1]s AS number FROM token_value_counts", platform),
			fmt.Sprintf("SELECT organization_id, field, value, '%s', true, personal_%[1]s FROM token_value_counts", platform))
	}
	valuesNoted := "(" + strings.Join(slices.Concat(counted, noted), " UNION ALL ") + ") AS counted"
	return map[string]string{
		"access_tokens_by_application": "SELECT application_id, platform, scope, count(*) AS number FROM access_tokens GROUP BY 1, 2, 3",
		valuesNoted:                    strings.Join(values, " UNION ALL "),
		blocksNoted:                    "SELECT id / 1024 AS block, platform, count(*) AS number FROM access_tokens GROUP BY 1, 2",
		entryBlocks:                    "SELECT id / 1024 AS block, " + kindOfEntry + " AS kind, count(*) AS number FROM activity GROUP BY 1, 2",
		"activity_by_kind":             "SELECT object_type, operation, count(*) AS number FROM activity GROUP BY 1, 2",
		"activity_by_actor": `SELECT actor_id, object_type, operation, count(*) AS number FROM activity
			WHERE actor_id IS NOT NULL GROUP BY 1, 2, 3`,
	}
}

var keysOf = map[string]string{
	blocksNoted:                    "block, platform",
	entryBlocks:                    "block, kind",
	"access_tokens_by_application": "application_id, platform, scope",
	"activity_by_kind":             "object_type, operation",
	"activity_by_actor":            "actor_id, object_type, operation",
}

// checkCounts compares all counts with the rows.
func checkCounts(t *testing.T, db storetest.DB, after string) {
	t.Helper()
	for what, rows := range map[string]string{"tokens": "(" + strays(db.Dialect()) + ") AS strays", "entries": strayEntries} {
		if n := count(t, db, rows); n != 0 {
			t.Fatalf("after %s: %d %s are not where their block says", after, n, what)
		}
	}
	for view, rows := range countsOf(db.Dialect()) {
		keys, ok := keysOf[view]
		if !ok {
			keys = "organization_id, field, value, platform, personal"
		}
		counted := fmt.Sprintf("SELECT %s, SUM(number) AS number FROM %s GROUP BY %[1]s HAVING SUM(number) <> 0", keys, view)
		for what, pair := range map[string][2]string{"counts that are not": {counted, rows}, "does not count": {rows, counted}} {
			if n := count(t, db, "(SELECT * FROM ("+pair[0]+") AS a EXCEPT SELECT * FROM ("+pair[1]+") AS b) AS c"); n != 0 {
				t.Fatalf("after %s: %s %s: %d", after, view, what, n)
			}
		}
	}
}

// counting is a world in which anything happens to tokens.
type counting struct {
	t      *testing.T
	db     storetest.DB
	random *rand.Rand
	made   int
}

func (c *counting) maybe(ids []int64) *int64 {
	if len(ids) == 0 || c.random.IntN(4) == 0 {
		return nil
	}
	return &ids[c.random.IntN(len(ids))]
}

func (c *counting) ids(table string) []int64 {
	var list []int64
	read, _ := c.db.Pools()
	rows, err := read.QueryContext(c.t.Context(), "SELECT id FROM "+table+" ORDER BY id")
	check(c.t, err)
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id int64
		check(c.t, rows.Scan(&id))
		list = append(list, id)
	}
	check(c.t, rows.Err())
	return list
}

func (c *counting) token() *models.AccessToken {
	platform := []models.Platform{models.Gateway, models.Controller}[c.random.IntN(2)]
	return &models.AccessToken{UserID: c.maybe(c.ids("users")), ApplicationID: c.maybe(c.ids("applications")), Platform: platform,
		Scope:   []models.Scope{models.ScopeRead, models.ScopeWrite, models.ScopeAll}[c.random.IntN(3)],
		Expires: c.db.Now().AddDate(0, 0, c.random.IntN(9)-4), FamilyID: fmt.Sprintf("family-%d", c.random.IntN(5))}
}

func (c *counting) name() string { c.made++; return fmt.Sprintf("name-%d", c.made) }

// steps are all ways in which tokens and entries come, change and go.
func (c *counting) steps() map[string]func(tx *store.Tx) error {
	selected := func(selection store.TokenSelection) func(*store.Tx) error {
		return func(tx *store.Tx) error { return revoke(tx, selection) }
	}
	user, application := c.maybe(c.ids("users")), c.maybe(c.ids("applications"))
	token := c.maybe(c.ids("access_tokens"))
	steps := map[string]func(tx *store.Tx) error{
		"a user": func(tx *store.Tx) error { return putOne(tx, &models.User{Username: c.name()}) },
		"an application": func(tx *store.Tx) error {
			return putOne(tx, &models.Application{Name: c.name(), OrganizationID: c.maybe(c.ids("organizations"))})
		},
		"an organization": func(tx *store.Tx) error { return putOne(tx, &models.Organization{Name: c.name()}) },
		"a token":         func(tx *store.Tx) error { return putOne(tx, c.token()) },
		"an entry": func(tx *store.Tx) error {
			return tx.Record(models.Activity{ActorID: user, Operation: models.OperationCreate, ObjectType: models.ObjectAccessToken},
				models.Activity{Operation: models.OperationDelete, ObjectType: models.ObjectUser})
		},
		"revoking a family": selected(store.TokenSelection{FamilyID: "family-1"}),
		"clearing":          clearing(store.ExpiredAccessTokens(c.db.Now()), 3),
		"an import": func(tx *store.Tx) error {
			binary := map[string]string{store.SQLite: "blob", store.PostgreSQL: "bytea"}[c.db.Dialect()]
			return tx.Exec(`INSERT INTO access_tokens (digest, hint, user_id, application_id, scope, description, expires, last_used_address, platform,
				family_id, audience, created, modified) SELECT CAST(substr('` + c.name() + `-' || id || '-and-so-on-to-32-bytes-in-all-----', 1, 32) AS ` + binary + `), hint, user_id, application_id, scope, '',
				created, '', 'controller', '', '', created, created FROM access_tokens WHERE id % 4 = 0`)
		},
		"changes by SQL": func(tx *store.Tx) error {
			return tx.Exec("UPDATE access_tokens SET scope = 'read', platform = 'gateway', user_id = NULL, expires = created WHERE id % 7 = 0")
		},
		"times by SQL": func(tx *store.Tx) error {
			return tx.Exec("UPDATE access_tokens SET created = expires, modified = expires, last_used = expires WHERE id % 6 = 0")
		},
		"authors by SQL": func(tx *store.Tx) error {
			return tx.Exec("UPDATE access_tokens SET created_by = id % 3, modified_by = CASE WHEN id % 2 = 0 THEN user_id END WHERE id % 4 > 0")
		},
		"no use": func(tx *store.Tx) error {
			return tx.Exec("UPDATE access_tokens SET last_used = NULL, modified = created WHERE id % 5 = 0")
		},
		"a deletion by SQL": func(tx *store.Tx) error { return tx.Exec("DELETE FROM access_tokens WHERE id % 11 = 0") },
		"entries by SQL":    func(tx *store.Tx) error { return tx.Exec("UPDATE activity SET operation = 'update' WHERE id % 3 = 0") },
		"times of entries by SQL": func(tx *store.Tx) error {
			return tx.Exec("UPDATE activity SET created = (SELECT max(expires) FROM access_tokens) WHERE id % 4 = 0 AND EXISTS (SELECT 1 FROM access_tokens)")
		},
		"old entries": func(tx *store.Tx) error { return tx.Exec("DELETE FROM activity WHERE id % 5 = 0") },
		"nothing": func(tx *store.Tx) error {
			return errors.Join(putOne(tx, c.token()), tx.Exec("DELETE FROM access_tokens WHERE id % 2 = 0"), errStop)
		},
	}
	if token != nil {
		steps["deleting a token"] = func(tx *store.Tx) error {
			_, err := tx.DeleteAccessTokens(store.TokenSelection{IDs: []int64{*token}})
			return err
		}
		steps["refreshing"] = func(tx *store.Tx) error {
			if _, err := tx.DeleteAccessTokens(store.TokenSelection{IDs: []int64{*token}}); err != nil {
				return err
			}
			return putOne(tx, c.token())
		}
		steps["narrowing a token"] = func(tx *store.Tx) error {
			row, err := tx.AccessToken(*token)
			if err != nil {
				return err
			}
			row.Scope, row.Description = models.ScopeRead, "narrowed"
			return tx.UpdateAccessToken(row)
		}
		steps["using a token"] = func(tx *store.Tx) error { return tx.SetLastUsed(store.Use{TokenID: *token, At: tx.Now(), Address: ""}) }
	}
	if user != nil {
		steps["revoking a user's"] = selected(store.TokenSelection{UserID: *user, Limit: 100})
		steps["deleting a user"] = func(tx *store.Tx) error {
			return errors.Join(revoke(tx, store.TokenSelection{UserID: *user}), tx.DeleteUser(*user))
		}
	}
	if application != nil {
		organization := c.maybe(c.ids("organizations"))
		steps["moving an application"] = func(tx *store.Tx) error {
			row, err := tx.LockApplication(*application)
			if err != nil {
				return err
			}
			row.OrganizationID = organization
			return tx.UpdateApplication(row)
		}
		steps["deleting an application"] = func(tx *store.Tx) error {
			return errors.Join(revoke(tx, store.TokenSelection{ApplicationID: *application}), tx.DeleteApplication(*application))
		}
	}
	return steps
}

// TestCountsAreExact: whatever happens to tokens and entries, what is counted is what is there.
func TestCountsAreExact(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		c := &counting{t: t, db: db, random: rand.New(rand.NewPCG(1, 2))} // #nosec G404 -- the same walk each time
		for n := range 150 {
			steps := c.steps()
			names := slices.Sorted(maps.Keys(steps))
			name := names[c.random.IntN(len(names))]
			if c.random.IntN(3) == 0 {
				name = "a token"
			}
			if err := db.Write(t.Context(), steps[name]); err != nil && name != "nothing" {
				t.Fatalf("%d: %s: %v", n, name, err)
			}
			db.Clock.Advance(time.Duration(c.random.IntN(20)) * time.Hour)
			checkCounts(t, db, fmt.Sprintf("%d: %s", n, name))
		}
		write(t, db, (*store.Tx).Settle)
		checkCounts(t, db, "settling")
		if n := count(t, db, "access_token_changes"); n != 0 {
			t.Errorf("%d changes are not settled", n)
		}
	})
}

// TestCountsAreSettled: what is noted of changes stays little, however many there are.
func TestCountsAreSettled(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		for n := range 40 {
			write(t, db, func(tx *store.Tx) error {
				for range 50 {
					if err := putOne(tx, &models.AccessToken{UserID: &g.user.ID}); err != nil {
						return err
					}
				}
				return nil
			})
			if n == 20 {
				write(t, db, func(tx *store.Tx) error { return tx.Exec("DELETE FROM access_tokens WHERE application_id IS NULL") })
			}
		}
		checkCounts(t, db, "many changes")
		if n := count(t, db, "access_token_changes"); n > 2500 {
			t.Errorf("%d changes are not settled", n)
		}
	})
}
