package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// start is when the clock of every test begins.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// equal takes an empty list and none for the same: a text without words comes back as the former.
func equal(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func write(t testing.TB, db storetest.DB, change func(*store.Tx) error) {
	t.Helper()
	check(t, db.Write(t.Context(), change))
}

func ref[T any](value T) *T { return &value }

// put stores rows in one transaction, in their order. What every row must have is filled in where it is missing.
func put(t testing.TB, db storetest.DB, rows ...any) {
	t.Helper()
	write(t, db, func(tx *store.Tx) error {
		for _, row := range rows {
			if err := putOne(tx, row); err != nil {
				return fmt.Errorf("%T: %w", row, err)
			}
		}
		return nil
	})
}

func putOne(tx *store.Tx, row any) error {
	switch row := row.(type) {
	case *models.User:
		stamp(tx, &row.Stamps)
		return tx.CreateUser(row)
	case *models.Organization:
		stamp(tx, &row.Stamps)
		return tx.CreateOrganization(row)
	case models.Membership:
		orElse(&row.Created, tx.Now())
		_, err := tx.AddMembership(row)
		return err
	case *models.Application:
		return putApplication(tx, row)
	case *models.ClientSecret:
		orElse(&row.Created, tx.Now())
		return tx.AddClientSecret(row)
	case *models.AccessToken:
		return putAccessToken(tx, row)
	case *models.RefreshToken:
		return putRefreshToken(tx, row)
	case *models.AuthorizationCode:
		orElse(&row.Digest, models.NewSecret(30).Digest())
		orElse(&row.Scope, models.ScopeRead)
		orElse(&row.Created, tx.Now())
		orElse(&row.Expires, tx.Now().Add(time.Minute))
		return tx.CreateAuthorizationCode(row)
	case *models.DeviceCode:
		orElse(&row.Digest, models.NewSecret(30).Digest())
		orElse(&row.UserCodeDigest, models.NewUserCode().Digest())
		orElse(&row.Scope, models.ScopeRead)
		orElse(&row.State, models.DevicePending)
		orElse(&row.IntervalSeconds, 5)
		orElse(&row.FamilyID, models.RandomText(22))
		orElse(&row.Created, tx.Now())
		orElse(&row.Expires, tx.Now().Add(10*time.Minute))
		return tx.CreateDeviceCode(row)
	case *models.Session:
		orElse(&row.Digest, models.NewSecret(30).Digest())
		orElse(&row.Created, tx.Now())
		orElse(&row.LastSeen, tx.Now())
		orElse(&row.Expires, tx.Now().Add(time.Hour))
		return tx.CreateSession(row)
	case *models.Consent:
		orElse(&row.Created, tx.Now())
		orElse(&row.Modified, tx.Now())
		return tx.KeepConsent(row)
	}
	return fmt.Errorf("no way to put it")
}

func putApplication(tx *store.Tx, row *models.Application) error {
	stamp(tx, &row.Stamps)
	orElse(&row.ClientID, models.RandomText(models.ClientIDLength))
	orElse(&row.ClientType, models.Confidential)
	orElse(&row.AuthorizationGrantType, "authorization-code")
	orElse(&row.Platform, models.Gateway)
	return tx.CreateApplication(row)
}

func putAccessToken(tx *store.Tx, row *models.AccessToken) error {
	stamp(tx, &row.Stamps)
	orElse(&row.Digest, models.NewSecret(30).Digest())
	orElse(&row.Hint, "abcd")
	orElse(&row.Scope, models.ScopeWrite)
	orElse(&row.Platform, models.Gateway)
	orElse(&row.Expires, tx.Now().Add(time.Hour))
	return tx.CreateAccessToken(row)
}

func putRefreshToken(tx *store.Tx, row *models.RefreshToken) error {
	orElse(&row.Digest, models.NewSecret(30).Digest())
	orElse(&row.Hint, "efgh")
	orElse(&row.Scope, models.ScopeAll)
	orElse(&row.Platform, models.Gateway)
	orElse(&row.FamilyID, "family")
	orElse(&row.Created, tx.Now())
	orElse(&row.Expires, tx.Now().Add(30*24*time.Hour))
	return tx.CreateRefreshToken(row)
}

func stamp(tx *store.Tx, s *models.Stamps) {
	orElse(&s.Created, tx.Now())
	orElse(&s.Modified, tx.Now())
}

func orElse[T comparable](target *T, value T) {
	var zero T
	if *target == zero {
		*target = value
	}
}

// ids are the ids of rows, in their order.
func ids[T any](rows []T) []int64 {
	list := []int64{}
	for n := range rows {
		switch row := any(&rows[n]).(type) {
		case *models.User:
			list = append(list, row.ID)
		case *models.Organization:
			list = append(list, row.ID)
		case *models.Application:
			list = append(list, row.ID)
		case *models.AccessToken:
			list = append(list, row.ID)
		case *models.RefreshToken:
			list = append(list, row.ID)
		case *models.Session:
			list = append(list, row.ID)
		case *models.Activity:
			list = append(list, row.ID)
		}
	}
	return list
}

// count is the number of rows that a condition on a table names.
func count(t testing.TB, db storetest.DB, from string) int {
	t.Helper()
	read, _ := db.Pools()
	var n int
	check(t, read.QueryRowContext(t.Context(), "SELECT count(*) FROM "+from).Scan(&n))
	return n
}

// grown is a user with an application, an access token and its refresh token, in an organization, and a device that waits.
type grown struct {
	organization models.Organization
	user         models.User
	application  models.Application
	access       models.AccessToken
	refresh      models.RefreshToken
	device       models.DeviceCode
}

func grow(t testing.TB, db storetest.DB) *grown {
	t.Helper()
	g := &grown{organization: models.Organization{Name: "Engineering"}, user: models.User{Username: "alice", IsActive: true}}
	put(t, db, &g.organization, &g.user)
	g.application = models.Application{Name: "Deploy", OrganizationID: &g.organization.ID}
	put(t, db, &g.application)
	g.access = models.AccessToken{UserID: &g.user.ID, ApplicationID: &g.application.ID, FamilyID: "family"}
	put(t, db, &g.access)
	g.refresh = models.RefreshToken{ApplicationID: g.application.ID, UserID: &g.user.ID, SubjectUserID: &g.user.ID, AccessTokenID: &g.access.ID}
	g.device = models.DeviceCode{ApplicationID: g.application.ID}
	put(t, db, &g.refresh, &g.device)
	return g
}

func sorted(list []int64) []int64 {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}
