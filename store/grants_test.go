package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

func TestRefreshTokenRoundTrip(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		want := &models.RefreshToken{Digest: models.SecretOf("value").Digest(), Hint: "valu", ApplicationID: g.application.ID, UserID: &g.user.ID,
			SubjectUserID: &g.user.ID, Scope: models.ScopeAll, Audience: models.Words{"https://api.example"}, Platform: models.Controller, FamilyID: "other",
			Created: start, Expires: time.Date(3024, 1, 2, 3, 4, 5, 6000, time.UTC), Revoked: ref(start.Add(time.Second)), Reason: "reused"}
		access := &models.AccessToken{}
		put(t, db, access)
		want.AccessTokenID = &access.ID
		put(t, db, want)
		want.AccessToken, want.Application = access, &g.application
		got, err := db.Read(t.Context()).RefreshTokenByDigest(models.SecretOf("value").Digest())
		check(t, err)
		equal(t, "refresh token", got, want)
		if _, err := db.Read(t.Context()).RefreshTokenByDigest(models.SecretOf("Value").Digest()); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("another value: %v", err)
		}
		for name, row := range map[string]*models.RefreshToken{
			"the same value":                 {Digest: want.Digest, ApplicationID: g.application.ID},
			"a second one of a token":        {ApplicationID: g.application.ID, AccessTokenID: &access.ID},
			"of an application that is gone": {ApplicationID: 999},
		} {
			err := db.Write(t.Context(), func(tx *store.Tx) error { return putOne(tx, row) })
			if !errors.Is(err, store.ErrConflict) && (row.ApplicationID != 999 || !errors.Is(err, store.ErrNotFound)) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestRotateRefreshToken(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		rotate := func(digest models.Digest) (token *models.RefreshToken, err error) {
			err = db.Write(t.Context(), func(tx *store.Tx) error { token, err = tx.RotateRefreshToken(digest); return err })
			return token, err
		}
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			if _, err := tx.RotateRefreshToken(g.refresh.Digest); err != nil {
				return err
			}
			return errStop
		})
		if !errors.Is(err, errStop) {
			t.Fatal(err)
		}
		got, err := rotate(g.refresh.Digest) // a refusal spends nothing
		check(t, err)
		if got.AccessToken == nil || got.AccessToken.ID != g.access.ID || got.Revoked == nil || !got.Revoked.Equal(start) || got.Reason != store.ReasonRotated {
			t.Errorf("rotated %+v", got)
		}
		db.Clock.Advance(time.Hour)
		again, err := rotate(g.refresh.Digest)
		if !errors.Is(err, store.ErrReplayed) || again == nil || again.FamilyID != "family" || !again.Revoked.Equal(start) {
			t.Errorf("a second time: %+v, %v", again, err)
		}
		if _, err := rotate(models.SecretOf("nothing").Digest()); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an unknown one: %v", err)
		}
		expired := &models.RefreshToken{ApplicationID: g.application.ID, Expires: start}
		put(t, db, expired)
		if got, err := rotate(expired.Digest); err != nil || !got.Expired(db.Now()) {
			t.Errorf("an expired one is the caller's to refuse: %v", err)
		}
	})
}

func TestNarrowRefreshTokens(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		put(t, db, &models.RefreshToken{ApplicationID: g.application.ID, Revoked: ref(start)}, &models.RefreshToken{ApplicationID: g.application.ID, FamilyID: "other"})
		write(t, db, func(tx *store.Tx) error { return tx.NarrowRefreshTokens("family", models.ScopeRead) })
		got, err := db.Read(t.Context()).RefreshTokenByDigest(g.refresh.Digest)
		check(t, err)
		if got.Scope != models.ScopeRead || count(t, db, "refresh_tokens WHERE scope = 'read'") != 1 {
			t.Errorf("scope %q; only the live ones of the family narrow", got.Scope)
		}
	})
}

func TestAuthorizationCodes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		want := &models.AuthorizationCode{Digest: models.SecretOf("code").Digest(), ApplicationID: g.application.ID, UserID: g.user.ID,
			RedirectURI: "https://a.example/cb?x=ü", RedirectURISent: true, Scope: models.ScopeAll, Audience: models.Words{"https://api.example"},
			CodeChallenge: "challenge", CodeChallengeMethod: "S256", FamilyID: "family", Created: start, Expires: start.Add(time.Minute)}
		put(t, db, want)
		got, err := db.Read(t.Context()).AuthorizationCodeByDigest(want.Digest)
		check(t, err)
		equal(t, "code", got, want)

		redeem := func(digest models.Digest) (code *models.AuthorizationCode, err error) {
			err = db.Write(t.Context(), func(tx *store.Tx) error { code, err = tx.RedeemAuthorizationCode(digest); return err })
			return code, err
		}
		err = db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.RedeemAuthorizationCode(want.Digest)
			return errors.Join(err, errStop)
		})
		if !errors.Is(err, errStop) {
			t.Fatal(err)
		}
		want.Used = ref(start)
		got, err = redeem(want.Digest)
		check(t, err)
		equal(t, "redeemed", got, want)
		db.Clock.Advance(time.Second)
		got, err = redeem(want.Digest)
		if !errors.Is(err, store.ErrReplayed) {
			t.Errorf("a second time: %v", err)
		}
		equal(t, "replayed", got, want)
		if _, err := redeem(models.SecretOf("nothing").Digest()); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("an unknown one: %v", err)
		}
		for name, row := range map[string]*models.AuthorizationCode{
			"application": {ApplicationID: 999, UserID: g.user.ID}, "user": {ApplicationID: g.application.ID, UserID: 999},
		} {
			if err := db.Write(t.Context(), func(tx *store.Tx) error { return putOne(tx, row) }); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("no such %s: %v", name, err)
			}
		}
	})
}

func TestConsents(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		other := &models.Application{Name: "Other"}
		put(t, db, other)
		want := &models.Consent{UserID: g.user.ID, ApplicationID: g.application.ID, RedirectURI: "https://a.example/cb", Scope: models.ScopeRead, Created: start, Modified: start}
		put(t, db, want, &models.Consent{UserID: g.user.ID, ApplicationID: g.application.ID, RedirectURI: "https://a.example/CB", Scope: models.ScopeWrite},
			&models.Consent{UserID: g.user.ID, ApplicationID: other.ID, RedirectURI: "https://a.example/cb", Scope: models.ScopeAll})
		r := db.Read(t.Context())
		got, err := r.Consent(g.user.ID, g.application.ID, "https://a.example/cb")
		check(t, err)
		equal(t, "consent", got, want)

		later := start.Add(time.Hour)
		put(t, db, &models.Consent{UserID: g.user.ID, ApplicationID: g.application.ID, RedirectURI: "https://a.example/cb", Scope: models.ScopeAll, Created: later, Modified: later})
		want.Scope, want.Modified = models.ScopeAll, later
		got, err = r.Consent(g.user.ID, g.application.ID, "https://a.example/cb")
		check(t, err)
		equal(t, "kept in place of the earlier one", got, want)

		scopes, err := r.ConsentedScopes(g.user.ID, g.application.ID)
		check(t, err)
		equal(t, "scopes", scopes, []models.Scope{models.ScopeAll, models.ScopeWrite})
		for name, load := range map[string]func() (*models.Consent, error){
			"user":        func() (*models.Consent, error) { return r.Consent(999, g.application.ID, "https://a.example/cb") },
			"application": func() (*models.Consent, error) { return r.Consent(g.user.ID, 999, "https://a.example/cb") },
			"redirect":    func() (*models.Consent, error) { return r.Consent(g.user.ID, g.application.ID, "https://a.example/") },
			"text":        func() (*models.Consent, error) { return r.Consent(g.user.ID, g.application.ID, "\xff") },
		} {
			if _, err := load(); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("another %s: %v", name, err)
			}
		}
		write(t, db, func(tx *store.Tx) error { return tx.DropConsents(g.application.ID) })
		if got, err := r.Consent(g.user.ID, g.application.ID, "https://a.example/cb"); err != nil || got.Scope != "" || count(t, db, "consents WHERE scope <> ''") != 1 {
			t.Errorf("dropped: %v, %v, %d left", got, err, count(t, db, "consents WHERE scope <> ''"))
		}
		err = db.Write(t.Context(), func(tx *store.Tx) error { return tx.KeepConsent(&models.Consent{UserID: 999, ApplicationID: other.ID}) })
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("of nobody: %v", err)
		}
	})
}

func TestSettings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		r := db.Read(t.Context())
		if _, err := r.Setting("key"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("before: %v", err)
		}
		for _, value := range []string{"one", "two", ""} {
			write(t, db, func(tx *store.Tx) error { return errors.Join(tx.SetSetting("key", value), tx.SetSetting("other", "x")) })
			if got, err := r.Setting("key"); err != nil || got != value {
				t.Errorf("kept %q, %v, want %q", got, err, value)
			}
		}
		for n, test := range []struct {
			key, value string
			want       bool
		}{{"key", "two", false}, {"Key", "", false}, {"key", "", true}, {"key", "", false}, {"other", "x", true}} {
			write(t, db, func(tx *store.Tx) error {
				taken, err := tx.TakeSetting(test.key, test.value)
				if taken != test.want {
					t.Errorf("%d: taken %v", n, taken)
				}
				return err
			})
		}
	})
}

func TestActivity(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		write(t, db, func(tx *store.Tx) error { return tx.Record() })
		want := models.Activity{ActorID: ref(int64(7)), ActorName: "älice", Origin: "api", Address: "192.0.2.1", Operation: models.OperationAssociate,
			ObjectType: models.ObjectOrganization, ObjectID: 3, ObjectName: "Engineering", RelatedType: models.ObjectUser, RelatedID: 4, RelatedName: "bob",
			Note: "member", Changes: models.Changes{Added: map[string]*string{"a": ref("1"), "n": nil}, Removed: map[string]*string{"b": ref("2")},
				Changed: map[string][2]*string{"scope": {ref("read"), ref("wr\"ite\\")}, "user": {nil, ref("")}}}, Form: ref("form-1")}
		write(t, db, func(tx *store.Tx) error { return tx.Record(want) })
		want.ID, want.Created = 1, start
		r := db.Read(t.Context())
		page, err := r.Activity(store.Query{}, everyEntry)
		check(t, err)
		equal(t, "entries", page, store.Page[models.Activity]{Rows: []models.Activity{want}, Count: 1})
		got, err := r.ActivityOfForm("form-1")
		check(t, err)
		equal(t, "of the form", got, &want)
		for _, number := range []string{"", "form-2", "form-1\x00"} {
			if _, err := r.ActivityOfForm(number); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("form %q: %v", number, err)
			}
		}
		err = db.Write(t.Context(), func(tx *store.Tx) error { return tx.Record(models.Activity{Form: ref("form-1")}) })
		if !errors.Is(err, store.ErrConflict) {
			t.Errorf("the same form again: %v", err)
		}

		many := make([]models.Activity, 1001)
		for n := range many {
			many[n].ObjectName = fmt.Sprint(n)
		}
		db.Clock.Advance(time.Minute)
		write(t, db, func(tx *store.Tx) error { return tx.Record(many...) })
		page, err = r.Activity(store.Query{Limit: 2, Offset: 1}, everyEntry)
		check(t, err)
		if page.Count != 1002 || page.Rows[0].ObjectName != "999" || !page.Rows[0].Created.Equal(start.Add(time.Minute)) || page.Rows[1].ObjectName != "998" {
			t.Errorf("%d entries, the newest but one are %+v", page.Count, page.Rows)
		}
	})
}
