package store_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// ask runs a query on a list for somebody with the sight, and gives the ids.
func ask(t testing.TB, db storetest.DB, list string, sight models.Sight, q store.Query) ([]int64, error) {
	t.Helper()
	r := db.Read(t.Context())
	q.Sees, q.SkipCount = sight, true
	lists := map[string]func() ([]int64, int64, error){
		"users":         func() ([]int64, int64, error) { return asked(r.Users(q, sight.Users)) },
		"organizations": func() ([]int64, int64, error) { return asked(r.Organizations(q, sight.Organizations)) },
		"applications":  func() ([]int64, int64, error) { return asked(r.Applications(q, sight.Applications)) },
		"access_tokens": func() ([]int64, int64, error) { return asked(r.AccessTokens(q, sight.Tokens)) },
		"activity":      func() ([]int64, int64, error) { return asked(r.Activity(q, everyEntry)) },
	}
	found, _, err := lists[list]()
	return found, err
}

// filters reads what a test asks in short: "not or tokens__scope in=read,write".
func filters(texts ...string) []store.Filter {
	var list []store.Filter
	for _, text := range texts {
		var f store.Filter
		key, value, _ := strings.Cut(text, "=")
		for _, word := range strings.Fields(key) {
			switch {
			case word == "not":
				f.Not = true
			case word == "or":
				f.Or = true
			case word == "chain":
				f.Chain = true
			case f.Field == "":
				f.Field = word
			default:
				f.Lookup = word
			}
		}
		f.Value = value
		list = append(list, f)
	}
	return list
}

// Contract §2.1: paths along relations. Conditions on the far end of a relation to many are about one row, except chain ones.
func TestRelations(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s := growShown(t, db)
		s.tokens["admin's ours"].Description, s.tokens["admin's ours"].Scope = "nightly run", models.ScopeRead
		s.tokens["member's ours"].Description = "deploy"
		s.ours.UserID, s.ours.Description, s.first.Description = &s.admin.ID, "made for all", "people here"
		write(t, db, func(tx *store.Tx) error {
			return errors.Join(tx.UpdateAccessToken(s.tokens["admin's ours"]), tx.UpdateAccessToken(s.tokens["member's ours"]), tx.UpdateApplication(&s.ours),
				tx.UpdateOrganization(&s.first))
		})
		tokens := func(names ...string) []int64 {
			list := []int64{}
			for _, name := range names {
				list = append(list, s.tokens[name].ID)
			}
			return sorted(list)
		}
		ours, theirs, homeless, old := s.ours.ID, s.theirs.ID, s.homeless.ID, s.old.ID
		for _, test := range []struct {
			list string
			asks []string
			want []int64
		}{
			{"access_tokens", []string{"application__organization__name=Second"}, tokens("member's theirs")},
			{"access_tokens", []string{"application__user__username=admin"}, tokens("admin's ours", "member's ours", "nobody's ours")},
			{"access_tokens", []string{"application__user__username=admin", "user__username=admin"}, tokens("admin's ours")},
			{"access_tokens", []string{"application__organization__description search=HERE,people"}, nil}, // not a relation
			{"access_tokens", []string{"application__organization search=HERE,people", "user null=x"}, nil},
			{"access_tokens", []string{"application__organization search=HERE,people", "user isnull=true"}, tokens("nobody's ours")},
			{"access_tokens", []string{"application search=all made"}, tokens("admin's ours", "member's ours", "nobody's ours")},
			{"access_tokens", []string{"application search=all unmade"}, tokens()},
			{"access_tokens", []string{"not application search=all", "application isnull=false", "user__username=other"}, tokens("other's old app", "of the homeless")},
			{"access_tokens", []string{"application__organization__users__username=member", "user__username=other"}, tokens("other's old app")},
			{"access_tokens", []string{"user__organizations__name=Second"}, tokens("other's old app", "of the homeless")},
			{"access_tokens", []string{"refresh_token=null", "user__id=none"}, tokens("nobody's", "nobody's ours")},
			{"applications", []string{"tokens__description=deploy"}, []int64{ours}},
			{"applications", []string{"access_tokens__description=deploy"}, []int64{ours}},
			{"applications", []string{"tokens__description=deploy", "tokens__scope=read"}, []int64{}},
			{"applications", []string{"tokens__description=deploy", "chain tokens__scope=read"}, []int64{ours}},
			{"applications", []string{"chain tokens__description=deploy", "chain tokens__scope=read"}, []int64{ours}},
			{"applications", []string{"chain or tokens__description=deploy", "chain or name=Ours"}, []int64{ours}}, // chain goes before or
			{"applications", []string{"tokens__description=deploy", "tokens__user__username=member", "tokens__scope=write"}, []int64{ours}},
			{"applications", []string{"tokens__description=deploy", "tokens__user__username=admin"}, []int64{}},
			{"applications", []string{"or tokens__description=deploy", "or name=Old"}, []int64{ours, old}},
			{"applications", []string{"not tokens__description=deploy"}, []int64{theirs, homeless, old}},
			{"applications", []string{"not tokens__description=deploy", "not tokens__platform=controller"}, []int64{theirs, homeless}},
			{"applications", []string{"or not tokens=null", "or name=Homeless"}, []int64{ours, theirs, homeless, old}},
			{"applications", []string{"tokens search=NIGHT run"}, []int64{ours}},
			{"applications", []string{"tokens search=night deploy"}, []int64{}},
			{"applications", []string{"tokens search=night", "chain tokens search=deploy"}, []int64{ours}},
			{"applications", []string{"tokens search="}, []int64{ours, theirs, homeless, old}},
			{"applications", []string{"tokens=" + fmt.Sprint(s.tokens["member's theirs"].ID)}, []int64{theirs}},
			{"applications", []string{"tokens__id in=" + fmt.Sprint(s.tokens["member's theirs"].ID) + ",999"}, []int64{theirs}},
			{"applications", []string{"organization__users__username=member"}, []int64{ours, old}},
			{"applications", []string{"organization__admins__username=member"}, []int64{}},
			{"applications", []string{"organization__admins__username startswith=adm", "user__organizations__name=First"}, []int64{ours}},
			{"users", []string{"tokens__application__organization__name=Second"}, []int64{s.member.ID}},
			{"users", []string{"tokens=null"}, []int64{s.root.ID}},
			{"users", []string{"tokens isnull=true"}, []int64{s.root.ID}},
			{"users", []string{"tokens__id isnull=1"}, []int64{s.root.ID}},
			{"users", []string{"tokens isnull=false"}, []int64{s.admin.ID, s.member.ID, s.other.ID}},
			{"users", []string{"not tokens=None"}, []int64{s.admin.ID, s.member.ID, s.other.ID}},
			{"users", []string{"organizations__name=First"}, []int64{s.admin.ID, s.member.ID}},
			{"users", []string{"organizations=" + fmt.Sprint(s.second.ID)}, []int64{s.other.ID}},
			{"users", []string{"organizations=null"}, []int64{s.root.ID}},
			{"users", []string{"applications__name=Ours"}, []int64{s.admin.ID}},
			{"organizations", []string{"applications__tokens__description=deploy"}, []int64{s.first.ID}},
			{"organizations", []string{"applications__tokens__description=deploy", "applications__name=Old"}, []int64{}},
			{"organizations", []string{"applications__tokens__description=deploy", "chain applications__name=Old"}, []int64{s.first.ID}},
			{"organizations", []string{"not applications__tokens__description=deploy"}, []int64{s.second.ID}},
			{"organizations", []string{"users__username=admin"}, []int64{}}, // an administrator
			{"organizations", []string{"admins__username=admin"}, []int64{s.first.ID}},
			{"organizations", []string{"users__tokens__application__name=Theirs"}, []int64{s.first.ID}},
			{"organizations", []string{"users search=memb"}, []int64{s.first.ID}},
		} {
			name := test.list + ": " + strings.Join(test.asks, " & ")
			got, err := ask(t, db, test.list, seesAll, store.Query{Filters: filters(test.asks...)})
			var refused *store.QueryError
			switch {
			case test.want == nil && !errors.As(err, &refused):
				t.Errorf("%s: %v, %v, want a refusal", name, got, err)
			case test.want != nil && (err != nil || !slices.Equal(sorted(got), test.want)):
				t.Errorf("%s: %v, %v, want %v", name, got, err, test.want)
			}
		}
	})
}

// Every path there is can be asked and, where it leads to one row, sorted by, by whoever; no other can.
func TestEveryPath(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		db.SetLimit(time.Hour) // a busy machine is no slow query
		s := growShown(t, db)
		policy, all := models.DefaultPolicy(), 0
		for list := range store.Lists() {
			for path, leads := range store.Paths(list) {
				all++
				field := path + "__id"
				for _, sight := range []models.Sight{seesAll, {}, policy.Sight(models.Actor{User: &s.member}, models.FaceController)} {
					for _, q := range []store.Query{
						{Filters: filters(field+" gt=0", "not "+field+"=1", "or "+field+"=null", "chain "+path+" isnull=false"), Order: []store.Order{{Field: "id"}}},
						{Order: []store.Order{{Field: field}, {Field: path, Descending: true}}},
					} {
						_, err := ask(t, db, list, sight, q)
						var refused *store.QueryError
						if many := leads.Many && len(q.Filters) == 0; many != errors.As(err, &refused) || !many && err != nil {
							t.Errorf("%s by %s: %v", list, path, err)
						}
					}
				}
				for again, target := range store.Paths(leads.Table) {
					if slices.Contains(tablesOf(list, path), target.Table) && strings.Count(again, "__") == 0 {
						_, err := ask(t, db, list, seesAll, store.Query{Filters: filters(path + "__" + again + "__created=2026-01-01")})
						if err == nil || !strings.Contains(err.Error(), "Loops not allowed") {
							t.Errorf("%s: %s__%s: %v", list, path, again, err)
						}
					}
				}
			}
		}
		if all < 60 {
			t.Errorf("only %d paths were tried", all)
		}
	})
}

// tablesOf are those that a path of a list leads through.
func tablesOf(list, path string) []string {
	been := []string{list}
	names := strings.Split(path, "__")
	for n := range names {
		been = append(been, store.Paths(list)[strings.Join(names[:n+1], "__")].Table)
	}
	return been
}

// No path leads to a secret: it can be neither filtered nor sorted by, whatever is asked of it, loops and what is not there included.
func TestSecretFields(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		for list, fields := range store.Lists() {
			for field := range fields {
				for _, word := range []string{"password", "secret", "digest", "hint", "code", "encoded", "token_"} {
					if strings.Contains(strings.ReplaceAll(field, "access_token__id", ""), word) {
						t.Errorf("%s.%s may be asked for", list, field)
					}
				}
			}
			paths := append(slices.Sorted(maps.Keys(store.Paths(list))), "", "user__tokens", "user__user", "tokens__tokens__tokens", "nothing", "refresh_token")
			for n, path := range paths {
				for m, name := range store.SecretNames() {
					field := strings.TrimPrefix(path+"__"+name, "__")
					f := filters([]string{"", "not ", "or ", "chain ", "or not "}[(n+m)%5] + field)[0]
					f.Lookup = []string{"", "isnull", "startswith", "nonsense", "regex", "search", "in"}[(n+m)%7]
					f.Value = []string{"x", "true", "\x00", "["}[(n+m)%4]
					for _, q := range []store.Query{{Filters: []store.Filter{f}}, {Order: []store.Order{{Field: field}}}, {Filters: filters(field + "__id=1")}} {
						_, err := ask(t, db, list, seesAll, q)
						var refused *store.QueryError
						if !errors.As(err, &refused) || !refused.Secret || refused.Message != "Filtering on "+name+" is not allowed." {
							t.Errorf("%s %+v: %v", list, q, err)
						}
					}
				}
			}
		}
	})
}
