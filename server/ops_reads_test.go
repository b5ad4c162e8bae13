package server_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// TestReadUser: contract §2.2: oneself, superusers, people of one's organizations; administrators of organizations see all.
func TestReadUser(t *testing.T) {
	sees := map[string]string{"SU": "admin auditor alice bob oa om", "aud": "admin auditor alice bob oa om", "oa": "admin auditor alice bob oa om",
		"om": "admin oa om", "alice": "admin alice", "bob": "admin bob", "anonymous": ""}
	onBed(t, func(t *testing.T, b *bed) {
		for name, actor := range b.parties() {
			for _, user := range []*models.User{b.admin, b.auditor, b.alice, b.bob, b.orgAdmin, b.member} {
				want := map[bool]string{true: "done", false: "forbidden"}[models.ParseWords(sees[name]).Has(user.Username)]
				_, byID := b.User(t.Context(), actor, models.FaceGateway, user.ID)
				_, byName := b.UserByName(t.Context(), actor, models.FaceController, user.Username)
				if outcome(byID) != want || outcome(byName) != want {
					t.Errorf("%s reads %s: %s by id, %s by name, want %s", name, user.Username, outcome(byID), outcome(byName), want)
				}
			}
		}
		for _, read := range []func() (*models.User, error){
			func() (*models.User, error) { return b.User(t.Context(), as(b.admin), models.FaceGateway, 99_999) },
			func() (*models.User, error) {
				return b.UserByName(t.Context(), as(b.admin), models.FaceGateway, "ALICE")
			},
		} {
			if _, err := read(); outcome(err) != "not found" {
				t.Errorf("nobody by that id or name: %v", err)
			}
		}
		narrow := newServer(t, b.db, func(o *server.Options) { o.Policy.OrgAdminsSeeAllUsers = false })
		if _, err := narrow.User(t.Context(), as(b.orgAdmin), models.FaceGateway, b.alice.ID); outcome(err) != "forbidden" {
			t.Errorf("an administrator sees people elsewhere though that is switched off: %v", err)
		}
		names, err := b.UserNames(t.Context(), []int64{b.alice.ID, b.bob.ID, 99_999})
		check(t, err)
		if len(names) != 2 || names[b.alice.ID].Username != "alice" || names[b.bob.ID].Username != "bob" {
			t.Errorf("names %v", names)
		}
	})
}

// TestApplicationTokens: case 18: of twelve tokens all are counted and the first ten given; an application without any has none.
func TestApplicationTokens(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		var want []int64
		for n := range 12 {
			issued := b.issued(t, b.member, models.FaceGateway, &b.web)
			if n < 10 {
				want = append(want, issued.AccessToken.ID)
			}
			b.issued(t, b.member, models.FaceGateway, nil)
		}
		b.issued(t, b.member, models.FaceController, &b.job)
		pages, err := b.ApplicationTokens(t.Context(), []int64{b.web.ID, b.job.ID, b.native.ID})
		check(t, err)
		var got []int64
		for _, token := range pages[b.web.ID].Rows {
			got = append(got, token.ID)
			if token.Scope != models.ScopeWrite {
				t.Errorf("token %d with scope %q", token.ID, token.Scope)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || pages[b.web.ID].Count != 12 {
			t.Errorf("%d tokens of web; the first (-want +got):\n%s", pages[b.web.ID].Count, diff)
		}
		if pages[b.job.ID].Count != 1 || len(pages[b.job.ID].Rows) != 1 || pages[b.native.ID].Count != 0 {
			t.Errorf("the other applications: %+v, %+v", pages[b.job.ID], pages[b.native.ID])
		}
	})
}

// TestSecretsCannotBeAsked: case 37 at the operations: nobody filters or sorts by a secret, not even by way of a related row.
func TestSecretsCannotBeAsked(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		lists := map[string]func(store.Query) error{
			"tokens": func(q store.Query) error {
				_, err := b.Tokens(t.Context(), as(b.admin), models.FaceGateway, q)
				return err
			},
			"applications": func(q store.Query) error {
				_, err := b.Applications(t.Context(), as(b.admin), models.FaceController, q)
				return err
			},
			"users": func(q store.Query) error {
				_, err := b.Users(t.Context(), as(b.admin), models.FaceConsole, q)
				return err
			},
		}
		for list, fields := range map[string][]string{"tokens": {"token", "refresh_token__token", "application__client_secret", "user__password"},
			"applications": {"client_secret", "user__password"}, "users": {"password"}} {
			for _, field := range fields {
				for _, q := range []store.Query{{Filters: []store.Filter{{Field: field, Lookup: "startswith", Value: "a"}}}, {Order: []store.Order{{Field: field}}}} {
					if err := lists[list](q); !secret(err) {
						t.Errorf("%s by %s: %v", list, field, err)
					}
				}
			}
		}
	})
}

func secret(err error) bool {
	var problem *store.QueryError
	return errors.As(err, &problem) && problem.Secret
}
