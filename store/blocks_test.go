package store_test

import (
	"cmp"
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

// blocksNoted is what token_blocks and what is noted say of the numbers of tokens.
const blocksNoted = `(SELECT block, 'gateway' AS platform, gateway AS number FROM token_blocks UNION ALL SELECT block, 'controller', controller FROM token_blocks
	UNION ALL SELECT token_id / 1024, platform, tokens FROM access_token_changes) AS blocks`

// entryBlocks is what activity_blocks and what is noted say of the numbers of entries.
const entryBlocks = `(SELECT block, 'others' AS kind, others AS number FROM activity_blocks UNION ALL SELECT block, 'gateway', gateway FROM activity_blocks
	UNION ALL SELECT block, 'sign_ins', sign_ins FROM activity_blocks UNION ALL SELECT block, 'gateway_sign_ins', gateway_sign_ins FROM activity_blocks
	UNION ALL SELECT entry_id / 1024, ` + kindOfEntry + `, entries FROM activity_changes WHERE entry_id IS NOT NULL) AS blocks`

const kindOfEntry = `CASE WHEN operation IN ('sign_in', 'sign_out') THEN CASE platform WHEN 'gateway' THEN 'gateway_sign_ins' ELSE 'sign_ins' END
	ELSE CASE platform WHEN 'gateway' THEN 'gateway' ELSE 'others' END END`

// strayEntries are the entries that are not where their block says, unless that is noted.
const strayEntries = `(SELECT 1 FROM activity AS a LEFT JOIN activity_blocks AS b ON b.block = a.id / 1024 WHERE (a.created BETWEEN b.created_from AND b.created_to) IS NOT TRUE
	AND a.id / 1024 NOT IN (SELECT entry_id / 1024 FROM activity_changes WHERE entries > 0 AND entry_id IS NOT NULL)) AS strays`

// strays are the tokens that are not where their block says, unless that is noted.
func strays(dialect string) string {
	sql := `SELECT 1 FROM access_tokens AS t LEFT JOIN token_blocks AS b ON b.block = t.id / 1024 WHERE (t.created BETWEEN b.created_from AND b.created_to
		AND t.modified BETWEEN b.modified_from AND b.modified_to AND t.expires BETWEEN b.expires_from AND b.expires_to
		AND (t.last_used IS NULL OR {day} BETWEEN b.last_used_from AND b.last_used_to)) IS NOT TRUE
		AND t.id / 1024 NOT IN (SELECT token_id / 1024 FROM access_token_changes WHERE tokens > 0 AND token_id IS NOT NULL)`
	if dialect == store.PostgreSQL {
		return strings.ReplaceAll(sql, "{day}", "day_of(t.last_used)")
	}
	return strings.ReplaceAll(sql, "{day}", "t.last_used / 86400000000")
}

// timesOf are the times of a token by the names of the fields, the last nil where it was never used.
func timesOf(t *models.AccessToken) map[string]*time.Time {
	return map[string]*time.Time{"created": &t.Created, "modified": &t.Modified, "expires": &t.Expires, "last_used": t.LastUsed}
}

// aBound is a random lookup, and whether it holds for a value that compares so with the one asked for.
func aBound(random *rand.Rand) (lookup string, meets func(compared int) bool) {
	lookup = []string{"gt", "gte", "lt", "lte"}[random.IntN(4)]
	return lookup, func(compared int) bool {
		return compared > 0 && lookup[0] == 'g' || compared < 0 && lookup[0] == 'l' || compared == 0 && len(lookup) == 3
	}
}

// aRange is a random condition that leaves a range of ids or times, and whether a token meets it.
func aRange(random *rand.Rand, from, to time.Time, ids int64) (store.Filter, func(*models.AccessToken) bool) {
	lookup, meets := aBound(random)
	switch field := []string{"id", "created", "modified", "expires", "last_used", "used"}[random.IntN(6)]; field {
	case "id":
		bound := random.Int64N(ids+2000) - 1000
		if random.IntN(2) == 0 { // where blocks begin
			bound = 1024*random.Int64N(7) + random.Int64N(3) - 1
		}
		return store.Filter{Field: "id", Lookup: lookup, Value: fmt.Sprint(bound)}, func(t *models.AccessToken) bool {
			return meets(int(t.ID - bound))
		}
	case "used":
		never := random.IntN(2) == 0
		return store.Filter{Field: "last_used", Lookup: "isnull", Value: fmt.Sprint(never)}, func(t *models.AccessToken) bool { return (t.LastUsed == nil) == never }
	default:
		if random.IntN(6) == 0 { // one moment
			bound := start.Add(time.Duration(50*random.Int64N(ids)) * time.Second)
			return store.Filter{Field: field, Value: bound.Format(time.RFC3339Nano)}, func(t *models.AccessToken) bool {
				at := timesOf(t)[field]
				return at != nil && at.Equal(bound)
			}
		}
		bound := from.Add(time.Duration(random.Int64N(int64(to.Sub(from))))).Truncate(time.Microsecond)
		return store.Filter{Field: field, Lookup: lookup, Value: bound.Format(time.RFC3339Nano)}, func(t *models.AccessToken) bool {
			at := timesOf(t)[field]
			return at != nil && meets(at.Compare(bound))
		}
	}
}

// TestRanges: a page and the count of ranges of ids and times are those of the tokens, whatever has happened to them, for who sees all, an
// administrator, and a user.
func TestRanges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		growMany(t, db, 6000)
		random := rand.New(rand.NewPCG(7, 8)) // #nosec G404 -- the same ranges each time
		second := map[string]string{store.SQLite: "1000000", store.PostgreSQL: "interval '1 second'"}[db.Dialect()]
		change := func(statement string) {
			write(t, db, func(tx *store.Tx) error { return tx.Exec(strings.ReplaceAll(statement, "{second}", second)) })
		}
		change("UPDATE access_tokens SET created = created + 40 * id * {second}, modified = created + 50 * id * {second}, last_used = CASE WHEN id % 3 = 0 THEN created + 60 * id * {second} END")
		change("UPDATE applications SET organization_id = 1 WHERE id < 12")
		for round, statement := range []string{"SELECT 1", "DELETE FROM access_tokens WHERE id BETWEEN 1500 AND 3900", "UPDATE access_tokens SET created = expires, last_used = expires WHERE id % 97 = 0",
			"UPDATE access_tokens SET modified = modified + 250000 * {second}, last_used = modified + 250000 * {second} WHERE id < 60 OR id > 5900",
			"UPDATE access_tokens SET platform = 'controller', modified = modified + 9999 * {second} WHERE id > 5000", "UPDATE access_tokens SET last_used = NULL WHERE id % 2 = 0"} {
			change(statement)
			if round%2 == 0 {
				write(t, db, (*store.Tx).Settle)
			}
			checkCounts(t, db, statement)
			tokens, err := db.Read(t.Context()).AccessTokens(store.Query{}, everything)
			check(t, err)
			for range 250 {
				checkRange(t, db, random, tokens.Rows)
			}
		}
	})
}

// checkRange compares what a random range of tokens gives with the tokens themselves.
func checkRange(t *testing.T, db storetest.DB, random *rand.Rand, tokens []models.AccessToken) {
	t.Helper()
	from, to := start.AddDate(0, 0, -3), start.AddDate(0, 0, 5)
	sees := []models.Visibility{{All: true, Platform: models.Controller}, {UserID: 7, Organizations: []int64{1}}, {UserID: 7}, everything, everything, everything}[random.IntN(6)]
	order := store.Order{Field: []string{"id", "id", "created", "modified", "expires", "last_used"}[random.IntN(6)], Descending: random.IntN(2) == 0}
	q := store.Query{Limit: 25, Offset: 25 * random.IntN(3), Sees: seesAll, Order: []store.Order{order}}
	conditions := []func(*models.AccessToken) bool{func(k *models.AccessToken) bool {
		administered := k.Application != nil && k.Application.OrganizationID != nil && slices.Contains(sees.Organizations, *k.Application.OrganizationID)
		return (sees.Platform == "" || k.Platform == sees.Platform) && (sees.All || k.UserID != nil && *k.UserID == sees.UserID || administered)
	}}
	for range 1 + random.IntN(4)/3 {
		f, meets := aRange(random, from, to, int64(len(tokens)))
		if random.IntN(9) == 0 {
			f.Not = true
			conditions = append(conditions, func(k *models.AccessToken) bool { return !meets(k) })
		} else {
			conditions = append(conditions, meets)
		}
		q.Filters = append(q.Filters, f)
	}
	if random.IntN(4) == 0 {
		q.Filters = append(q.Filters, store.Filter{Field: "platform", Value: "gateway", Or: random.IntN(2) == 0}) // the only alternative
		conditions = append(conditions, func(k *models.AccessToken) bool { return k.Platform == models.Gateway })
	}
	var listed []models.AccessToken
	for _, k := range tokens {
		if !slices.ContainsFunc(conditions, func(meets func(*models.AccessToken) bool) bool { return !meets(&k) }) {
			listed = append(listed, k)
		}
	}
	slices.SortFunc(listed, func(a, b models.AccessToken) int { return compareTokens(&a, &b, order) })
	want := ids(listed)
	page, err := db.Read(t.Context()).AccessTokens(q, sees)
	check(t, err)
	first := min(q.Offset, len(want))
	if got, want := ids(page.Rows), want[first:min(first+q.Limit, len(want))]; !slices.Equal(got, want) {
		t.Errorf("%+v for %+v: tokens %v, want %v", q, sees, got, want)
	}
	if page.Count != int64(len(want)) {
		t.Errorf("%+v for %+v: count %d, want %d", q, sees, page.Count, len(want))
	}
}

// compareTokens says which comes first: what was never used comes last, and ids decide.
func compareTokens(a, b *models.AccessToken, order store.Order) int {
	sign := 1
	if order.Descending {
		sign = -1
	}
	if order.Field == "id" {
		return sign * cmp.Compare(a.ID, b.ID)
	}
	switch x, y := timesOf(a)[order.Field], timesOf(b)[order.Field]; {
	case x == nil && y != nil:
		return 1
	case y == nil && x != nil:
		return -1
	case x != nil && !x.Equal(*y):
		return sign * x.Compare(*y)
	}
	return cmp.Compare(a.ID, b.ID)
}
