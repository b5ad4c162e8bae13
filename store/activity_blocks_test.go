package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// TestActivityRanges: a page and the count of ranges of ids and times are those of the entries, whatever has happened to these, for who sees all of them, all but who
// signed in, those of the controller, or the own.
func TestActivityRanges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		growMany(t, db, 6000)
		random := rand.New(rand.NewPCG(9, 10)) // #nosec G404 -- the same ranges each time
		second := map[string]string{store.SQLite: "1000000", store.PostgreSQL: "interval '1 second'"}[db.Dialect()]
		change := func(statement string) {
			write(t, db, func(tx *store.Tx) error { return tx.Exec(strings.ReplaceAll(statement, "{second}", second)) })
		}
		change("UPDATE activity SET created = created + 40 * id * {second}, platform = CASE WHEN id % 30 = 0 THEN 'gateway' ELSE platform END")
		for round, statement := range []string{"SELECT 1", "DELETE FROM activity WHERE id BETWEEN 1500 AND 3900", "UPDATE activity SET created = created + 20000 * {second} WHERE id % 97 = 0",
			"UPDATE activity SET operation = 'create' WHERE id > 5000 AND id % 3 = 0"} {
			change(statement)
			for range 40 {
				write(t, db, func(tx *store.Tx) error {
					return tx.Record(models.Activity{Operation: models.OperationUpdate, ObjectType: models.ObjectUser, ObjectID: 3})
				})
			}
			if round%2 == 0 {
				write(t, db, (*store.Tx).Settle)
			}
			checkCounts(t, db, statement)
			entries, err := db.Read(t.Context()).Activity(store.Query{}, everyEntry)
			check(t, err)
			for range 200 {
				checkActivityRange(t, db, random, entries.Rows)
			}
		}
	})
}

// checkActivityRange compares what random ranges of entries give with the entries themselves.
func checkActivityRange(t *testing.T, db storetest.DB, random *rand.Rand, entries []models.Activity) {
	t.Helper()
	order := store.Order{Field: []string{"id", "id", "created", "timestamp"}[random.IntN(4)], Descending: random.IntN(2) == 0}
	q := store.Query{Limit: 25, Offset: 25 * random.IntN(3), Sees: seesAll, Order: []store.Order{order}}
	sees := []models.ActivityVisibility{everyEntry, {All: true}, {All: true, Platform: models.Controller}, {All: true, SignIns: true, Platform: models.Controller}, {UserID: 5}}[random.IntN(5)]
	want := slices.DeleteFunc(slices.Clone(entries), func(e models.Activity) bool {
		signIn := e.Operation == "sign_in" || e.Operation == "sign_out"
		return signIn && !sees.SignIns || sees.Platform == models.Controller && e.Platform == models.Gateway || !sees.All && (e.OwnerID == nil || *e.OwnerID != sees.UserID)
	})
	for range 1 + random.IntN(2) {
		lookup, meets := aBound(random)
		if random.IntN(2) == 0 {
			bound := 1024*random.Int64N(7) + random.Int64N(3) - 1
			q.Filters = append(q.Filters, store.Filter{Field: "id", Lookup: lookup, Value: fmt.Sprint(bound)})
			want = slices.DeleteFunc(want, func(e models.Activity) bool { return !meets(int(e.ID - bound)) })
			continue
		}
		bound := start.Add(time.Duration(random.IntN(7000)*40) * time.Second)
		q.Filters = append(q.Filters, store.Filter{Field: []string{"created", "timestamp"}[random.IntN(2)], Lookup: lookup, Value: bound.Format(time.RFC3339)})
		want = slices.DeleteFunc(want, func(e models.Activity) bool { return !meets(e.Created.Compare(bound)) })
	}
	slices.SortFunc(want, func(a, b models.Activity) int {
		switch compared := a.Created.Compare(b.Created); {
		case order.Field == "id" && order.Descending:
			return int(b.ID - a.ID)
		case order.Field == "id" || compared == 0:
			return int(a.ID - b.ID)
		case order.Descending:
			return -compared
		default:
			return compared
		}
	})
	page, err := db.Read(t.Context()).Activity(q, sees)
	check(t, err)
	first := min(q.Offset, len(want))
	if got, want := ids(page.Rows), ids(want[first:min(first+q.Limit, len(want))]); !slices.Equal(got, want) {
		t.Errorf("%+v for %+v: entries %v, want %v", q, sees, got, want)
	}
	if page.Count != int64(len(want)) {
		t.Errorf("%+v for %+v: count %d, want %d", q, sees, page.Count, len(want))
	}
}
