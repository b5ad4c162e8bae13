package store_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// The function fold of each database does to every letter what the one of Go does, so that a term folded here meets texts folded there.
// It ends where scripts are young and versions of Unicode differ.
func TestFoldIsTheSameEverywhere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		read, _ := db.Pools()
		fold := func(text string) (folded string) {
			question := "SELECT fold(?)"
			if db.Dialect() == store.PostgreSQL {
				question = "SELECT fold($1)"
			}
			check(t, read.QueryRowContext(t.Context(), question, text).Scan(&folded))
			return folded
		}
		for from := rune(1); from < 0x1F00; from += 64 {
			var letters strings.Builder
			for letter := from; letter < from+64; letter++ {
				letters.WriteString("a" + string(letter) + "b ")
			}
			equal(t, letters.String(), fold(letters.String()), store.Fold(letters.String()))
		}
		for text, want := range map[string]string{
			"": "", "ÄÖÜ ẞ ß": "äöü ß ß", "ΟΔΟΣ οδός": "οδοσ οδόσ", "Σ": "σ", "İstanbul": "i\u0307stanbul", "IıI": "iıi", "ДОМ": "дом", "大きさ 🙂": "大きさ 🙂",
			"ΐ ΰ ǅ Ǆ ǆ": "ΐ ΰ ǆ ǆ ǆ", "K Å Ω": "k å ω", "ΣΑΣ": "σασ", "ﬀ Ⅷ Ⓐ Ａ": "ﬀ ⅷ ⓐ ａ",
		} {
			if got := fold(text); got != want || store.Fold(text) != want {
				t.Errorf("%q: %q in the database, %q in Go, want %q", text, got, store.Fold(text), want)
			}
		}
	})
}

func TestSearch(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		alice := &models.User{Username: "alice", FirstName: "Älice", LastName: "Ångström", Email: "a@example.org"}
		odd := &models.User{Username: "odd", FirstName: `50%_off\deal`, LastName: "ΟΔΟΣ", Email: "O@EXAMPLE.ORG"}
		plain := &models.User{Username: "plain", FirstName: "50 off deal"}
		put(t, db, alice, odd, plain)
		for _, test := range []struct {
			terms []string
			want  []*models.User
		}{
			{[]string{"ALI"}, []*models.User{alice}}, {[]string{"älICE"}, []*models.User{alice}}, {[]string{"ångSTRÖM"}, []*models.User{alice}},
			{[]string{"example"}, []*models.User{alice, odd}}, {[]string{"example", "οδός"}, nil}, {[]string{"example", "οδος"}, []*models.User{odd}},
			{[]string{"ΟΔΟς", "OFF", "odd"}, []*models.User{odd}}, {[]string{"%"}, []*models.User{odd}}, {[]string{"_"}, []*models.User{odd}},
			{[]string{`\`}, []*models.User{odd}}, {[]string{`%_off\d`}, []*models.User{odd}}, {[]string{"50", "off"}, []*models.User{odd, plain}},
			{[]string{"a%e"}, nil}, {[]string{""}, []*models.User{alice, odd, plain}}, {[]string{"alice", "plain"}, nil},
		} {
			page, err := db.Read(t.Context()).Users(store.Query{Search: test.terms}, everything)
			check(t, err)
			want := []int64{}
			for _, user := range test.want {
				want = append(want, user.ID)
			}
			equal(t, strings.Join(test.terms, " + "), ids(page.Rows), want)
			if page.Count != int64(len(want)) {
				t.Errorf("%q: count %d, want %d", test.terms, page.Count, len(want))
			}
		}
	})
}

// Contract §12.20: tokens are searched by description, the user's name and the application's.
func TestSearchGoesThroughRelations(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		personal, nobody := &models.AccessToken{UserID: &g.user.ID, Description: "Backup"}, &models.AccessToken{Description: "backup of nobody"}
		put(t, db, personal, nobody)
		r := db.Read(t.Context())
		for _, test := range []struct {
			terms []string
			want  []int64
		}{
			{[]string{"BACKUP"}, []int64{personal.ID, nobody.ID}}, {[]string{"alice"}, []int64{g.access.ID, personal.ID}}, {[]string{"deploy"}, []int64{g.access.ID}},
			{[]string{"alice", "backup"}, []int64{personal.ID}}, {[]string{"engineering"}, nil}, {[]string{"abcd"}, nil}, // neither organization nor hint
		} {
			page, err := r.AccessTokens(store.Query{Search: test.terms}, everything)
			check(t, err)
			equal(t, strings.Join(test.terms, " + "), ids(page.Rows), test.want)
		}
		applications, err := r.Applications(store.Query{Search: []string{"DEPL"}}, everything)
		check(t, err)
		organizations, err := r.Organizations(store.Query{Search: []string{"gineer"}}, everything)
		check(t, err)
		if applications.Count != 1 || organizations.Count != 1 {
			t.Errorf("%d applications, %d organizations", applications.Count, organizations.Count)
		}
	})
}

// Filters are all to be met, those with Or form one group of alternatives, a negation is the exact rest.
func TestCombinedFilters(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s := growSeveral(t, db)
		places := func(list ...int) []int64 {
			found := []int64{}
			for _, n := range list {
				found = append(found, s.access[n].ID)
			}
			return found
		}
		user := func(name string, change ...func(*store.Filter)) store.Filter {
			f := store.Filter{Field: "user__username", Value: name}
			for _, each := range change {
				each(&f)
			}
			return f
		}
		not, or := func(f *store.Filter) { f.Not = true }, func(f *store.Filter) { f.Or = true }
		controller := store.Filter{Field: "platform", Value: "controller"}
		for name, test := range map[string]struct {
			filters []store.Filter
			want    []int64
		}{
			"both":                          {[]store.Filter{user("alice"), controller}, places(5)},
			"the same twice":                {[]store.Filter{user("alice"), user("bob")}, places()},
			"not":                           {[]store.Filter{user("alice", not)}, places(2, 3, 4)}, // the one of nobody too
			"not twice":                     {[]store.Filter{user("alice", not), user("bob", not)}, places(4)},
			"or":                            {[]store.Filter{user("alice", or), user("bob", or)}, places(0, 1, 2, 3, 5)},
			"one or":                        {[]store.Filter{user("bob", or)}, places(2, 3)},
			"or beside and":                 {[]store.Filter{user("alice", or), controller, user("bob", or)}, places(3, 5)},
			"or of not":                     {[]store.Filter{user("alice", or, not), {Field: "application", Value: "null", Or: true}}, places(0, 2, 3, 4)},
			"two columns of one relation":   {[]store.Filter{{Field: "application__name", Lookup: "startswith", Value: "F"}, {Field: "application__organization", Lookup: "isnull", Value: "true"}}, places(1, 2, 4)},
			"two relations":                 {[]store.Filter{user("bob"), {Field: "application__name", Value: "Last"}}, places(3)},
			"no relation":                   {[]store.Filter{{Field: "user__username", Lookup: "isnull", Value: "true"}}, places(4)},
			"its own condition within or":   {[]store.Filter{{Field: "id", Lookup: "lt", Value: "3", Or: true}, {Field: "id", Lookup: "gt", Value: "5", Or: true}, user("alice")}, places(0, 1, 5)},
			"issued with a refresh token":   {[]store.Filter{{Field: "refresh_token", Lookup: "isnull", Value: "false"}}, places(1, 2, 3)},
			"with search that is mentioned": {[]store.Filter{controller}, places(3, 5)},
		} {
			page, err := db.Read(t.Context()).AccessTokens(store.Query{Filters: test.filters}, everything)
			check(t, err)
			equal(t, name, ids(page.Rows), test.want)
			if page.Count != int64(len(test.want)) {
				t.Errorf("%s: count %d, want %d", name, page.Count, len(test.want))
			}
		}
		page, err := db.Read(t.Context()).AccessTokens(store.Query{Filters: []store.Filter{user("alice", or), user("bob", or)}, Search: []string{"last"},
			Order: []store.Order{{Field: "user__username", Descending: true}}}, everything)
		check(t, err)
		equal(t, "filters, search and order over the same relations", ids(page.Rows), places(3, 5))
	})
}

func FuzzFold(f *testing.F) {
	for _, text := range texts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		once := store.Fold(text)
		if twice := store.Fold(once); twice != once && utf8.ValidString(text) {
			t.Errorf("%q folds to %q and that to %q", text, once, twice)
		}
	})
}
