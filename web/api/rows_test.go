package api_test

import (
	"maps"
	"strconv"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

// entries are the activity stream, newest first.
func entries(t *testing.T, s *webtest.Site) []models.Activity {
	t.Helper()
	page, err := s.DB.Read(t.Context()).Activity(store.Query{}, models.ActivityVisibility{All: true, SignIns: true})
	if err != nil {
		t.Fatal(err)
	}
	return page.Rows
}

// change stores another user row than the one that is there, as no face could.
func change(t *testing.T, s *webtest.Site, who string, to func(*models.User)) {
	t.Helper()
	err := s.DB.Write(t.Context(), func(tx *store.Tx) error {
		user, err := tx.LockUser(s.ID(who))
		if err != nil {
			return err
		}
		to(user)
		return tx.UpdateUser(user)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func makeExternal(t *testing.T, s *webtest.Site, who string) {
	t.Helper()
	change(t, s, who, func(u *models.User) { u.ExternalAccount, u.ExternalSource = "ldap", "corporate directory" })
}

func disabled(u *models.User) { u.IsActive = false }

// application is what a confidential authorization code application of O is made from, with other values in their place. A value
// of absent leaves the key out. No two have the same name.
func application(s *webtest.Site, other fields) fields {
	body := fields{"name": "made " + models.RandomText(8), "organization": s.Organization.ID, "client_type": "confidential",
		"authorization_grant_type": "authorization-code", "redirect_uris": "https://client.example.org/callback"}
	maps.Copy(body, other)
	maps.DeleteFunc(body, func(_ string, value any) bool { return value == absent })
	return body
}

func itoa(id int64) string { return strconv.FormatInt(id, 10) }

const absent = "\x00absent"
