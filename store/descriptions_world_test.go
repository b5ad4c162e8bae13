package store_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// letters are what descriptions of hostile people are made of: letters that sort apart by bytes, by UTF-16 or by language, case, signs of LIKE
// and of SQL, control characters, and enough at once to be longer than an index takes.
var letters = []string{"a", "A", "b", "ä", "Ä", "a\u0308", "%", "_", `\`, "'", "?", "\x01", "\t", "\x7f", "\u0080", "\ud7ff", "\ue000", "\uffff", "\U00010000", "\U0010ffff", "🙂",
	"token ", "1", "12", strings.Repeat("long ", 51), strings.Repeat("ü", 256), strings.Repeat("\U0010ffff", 256)}

// describedWorld are tokens with such descriptions, changed in bulk.
type describedWorld struct {
	*counting
	organizations, users []int64
}

func (w *describedWorld) description() string {
	if w.random.IntN(3) == 0 {
		return []string{"", "token 1", "token 12", "b"}[w.random.IntN(4)] // many share these
	}
	var text strings.Builder
	for range w.random.IntN(5) {
		text.WriteString(letters[w.random.IntN(len(letters))])
	}
	return text.String()
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// many stores tokens in one statement.
func (w *describedWorld) many(n int) string {
	id := func(ids []int64) string {
		if p := w.maybe(ids); p != nil {
			return fmt.Sprint(*p)
		}
		return "NULL"
	}
	applications := w.ids("applications")
	var rows []string
	for range n {
		w.made++
		digest := fmt.Sprintf("%032x", w.made)
		binary := map[string]string{store.SQLite: "CAST('%s' AS blob)", store.PostgreSQL: "'%s'::bytea"}[w.db.Dialect()]
		now := map[string]string{store.SQLite: "1772366400000000", store.PostgreSQL: "timestamptz '2026-03-01 12:00:00+00'"}[w.db.Dialect()]
		rows = append(rows, fmt.Sprintf("("+binary+", 'abcd', %s, %s, %s, %s, %s, '', %s, '', '', %s, %s)", digest, id(w.users), id(applications),
			quoted([]string{"read", "write"}[w.random.IntN(2)]), quoted(w.description()), now, quoted([]string{"gateway", "gateway", "controller"}[w.random.IntN(3)]), now, now))
	}
	return `INSERT INTO access_tokens (digest, hint, user_id, application_id, scope, description, expires, last_used_address, platform, family_id,
		audience, created, modified) VALUES ` + strings.Join(rows, ", ")
}

// change is one transaction of those that change many descriptions at once.
func (w *describedWorld) change() (string, func(tx *store.Tx) error) {
	statements := func(each ...string) func(*store.Tx) error {
		return func(tx *store.Tx) error {
			for _, statement := range each {
				if err := tx.Exec(statement); err != nil {
					return err
				}
			}
			return nil
		}
	}
	n := w.random.IntN(5)
	switch w.random.IntN(9) {
	case 0:
		return "deleting some", statements(fmt.Sprintf("DELETE FROM access_tokens WHERE id %% 5 = %d", n))
	case 1:
		return "deleting a stretch", statements("DELETE FROM access_tokens WHERE description >= 'a' AND description < 'token 11'")
	case 2:
		return "describing anew", statements(fmt.Sprintf("UPDATE access_tokens SET description = %s, platform = 'controller' WHERE id %% 5 = %d", quoted(w.description()), n))
	case 3:
		return "all at once", statements(w.many(700), fmt.Sprintf("DELETE FROM access_tokens WHERE id %% 7 = %d", n), w.many(40),
			fmt.Sprintf("UPDATE access_tokens SET description = 'b' || description WHERE id %% 9 = %d", n))
	case 4:
		return "one by one", func(tx *store.Tx) error {
			for range 200 {
				token := w.token()
				token.Description = w.description()
				if err := putOne(tx, token); err != nil {
					return err
				}
			}
			return nil
		}
	case 5:
		return "moving applications", statements(fmt.Sprintf("UPDATE applications SET organization_id = CASE WHEN id %% 2 = 0 THEN %d END WHERE id %% 5 = %d",
			w.organizations[w.random.IntN(len(w.organizations))], n))
	case 6:
		if w.db.Dialect() == store.PostgreSQL { // both statements have run before the first is noted
			return "two in one", statements("WITH gone AS (DELETE FROM access_tokens WHERE id % 3 = 0) " + w.many(900))
		}
	}
	return "many", statements(w.many(300 + w.random.IntN(1500)))
}

// growDescribed makes users, organizations and applications.
func growDescribed(t *testing.T, db storetest.DB) *describedWorld {
	t.Helper()
	w := &describedWorld{counting: &counting{t: t, db: db, random: rand.New(rand.NewPCG(7, 8))}} // #nosec G404 -- the same walk each time
	check(t, db.WriteWithoutSettling(t.Context(), func(tx *store.Tx) error {
		return errors.Join(putOne(tx, &models.Organization{Name: "o0"}), putOne(tx, &models.Organization{Name: "o1"}))
	}))
	w.organizations = w.ids("organizations")
	for n := range 6 {
		u, a := &models.User{Username: fmt.Sprintf("user-%d", n)}, &models.Application{Name: fmt.Sprintf("app-%d", n)}
		if n%3 < 2 {
			a.OrganizationID = &w.organizations[n%3]
		}
		check(t, db.WriteWithoutSettling(t.Context(), func(tx *store.Tx) error { return errors.Join(putOne(tx, u), putOne(tx, a)) }))
		w.users = append(w.users, u.ID)
	}
	return w
}

// checkLengths: a stretch of several descriptions is short, and not said to be alike.
func (w *describedWorld) checkLengths(tokens []describedToken, find func(int64, string) *countedStretch, several map[int64]map[string]map[string]bool, after string) {
	w.t.Helper()
	lengths := map[*countedStretch]int{}
	for _, t := range tokens {
		letters := []rune(t.description)
		for _, of := range slices.Compact([]int64{0, t.org}) {
			lengths[find(of, string(letters[:min(256, len(letters))]))]++
		}
	}
	for s, length := range lengths {
		most := 1000
		if s.organization > 0 {
			most = 200
		}
		of := several[s.organization][s.description]
		if length > most && !s.alike || s.alike && (len(of) > 1 || !of[s.description]) {
			w.t.Fatalf("after %s: a stretch of %d tokens of %d from %.40q", after, length, s.organization, s.description)
		}
	}
}
