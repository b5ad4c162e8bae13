package manage

import (
	"errors"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// world is a migrated database with the superuser admin and the ordinary user alice, as a test sees it beside the program.
type world struct {
	*machine
	db    *store.Store
	admin *models.User
	alice *models.User
}

func newWorld(t *testing.T, address string, more ...string) *world {
	t.Helper()
	w := &world{machine: newMachine(t, address, more...)}
	w.must("migrate")
	w.db = w.open()
	w.admin, w.alice = w.user("admin", true), w.user("alice", false)
	return w
}

// open opens the machine's database.
func (m *machine) open() *store.Store {
	m.t.Helper()
	set, err := loadSettings(m.env)
	if err != nil {
		m.t.Fatal(err)
	}
	db, err := store.Open(m.t.Context(), store.Options{URL: set.databaseURL})
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { _ = db.Close() })
	return db
}

// write changes the database.
func (w *world) write(change func(tx *store.Tx) error) {
	w.t.Helper()
	if err := w.db.Write(w.t.Context(), change); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) user(name string, superuser bool) *models.User {
	user := &models.User{Username: name, IsSuperuser: superuser, IsActive: true, Password: "!"}
	w.write(func(tx *store.Tx) error {
		user.Stamps = models.Stamps{Created: tx.Now(), Modified: tx.Now()}
		return tx.CreateUser(user)
	})
	return user
}

// server is the operations on the machine's database.
func (w *world) server() *server.Server {
	w.t.Helper()
	s, err := server.New(server.Options{Store: w.db, Issuer: "http://" + w.listen, Policy: models.DefaultPolicy()})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// works reports whether the token authenticates.
func (w *world) works(token string) bool {
	w.t.Helper()
	_, err := w.server().AuthenticateBearer(w.t.Context(), models.FaceGateway, models.SecretOf(token), "")
	if err != nil && !errors.Is(err, server.ErrInvalidToken) {
		w.t.Fatal(err)
	}
	return err == nil
}

// accessTokens lists all access tokens there are, by id.
func (w *world) accessTokens() []models.AccessToken {
	w.t.Helper()
	page, err := w.db.Read(w.t.Context()).AccessTokens(store.Query{Order: []store.Order{{Field: "id"}}}, models.Visibility{All: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return page.Rows
}

// activity lists the activity stream, newest first.
func (w *world) activity() []models.Activity {
	w.t.Helper()
	page, err := w.db.Read(w.t.Context()).Activity(store.Query{}, models.ActivityVisibility{All: true, SignIns: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return page.Rows
}

// applications makes an application of each platform.
func (w *world) applications() map[models.Platform]*models.Application {
	made := map[models.Platform]*models.Application{}
	w.write(func(tx *store.Tx) error {
		organization := &models.Organization{Name: "O", Stamps: models.Stamps{Created: tx.Now(), Modified: tx.Now()}}
		if err := tx.CreateOrganization(organization); err != nil {
			return err
		}
		for _, platform := range []models.Platform{models.Gateway, models.Controller} {
			made[platform] = &models.Application{Name: string(platform), Platform: platform, OrganizationID: &organization.ID,
				ClientID: models.RandomText(models.ClientIDLength), ClientType: models.Confidential, AuthorizationGrantType: "password",
				GrantTypes: models.Words{models.GrantPassword, models.GrantRefreshToken}, Stamps: organization.Stamps}
			if err := tx.CreateApplication(made[platform]); err != nil {
				return err
			}
		}
		return nil
	})
	return made
}

// tokenSpec says which tokens to store.
type tokenSpec struct {
	user        *models.User
	application *models.Application // nil: a personal token
	refresh     bool                // with a refresh token
	lifetime    time.Duration       // of the access token, from now; below zero it has expired
}

// token stores an access token, and a refresh token with it, and returns their values.
func (w *world) token(spec tokenSpec) (access, refresh models.Secret) {
	w.write(func(tx *store.Tx) (err error) {
		access, refresh, err = spec.store(tx)
		return err
	})
	return access, refresh
}

func (spec tokenSpec) store(tx *store.Tx) (access, refresh models.Secret, err error) {
	access = models.NewSecret(models.TokenLength)
	token := &models.AccessToken{Digest: access.Digest(), Hint: access.Hint(), UserID: &spec.user.ID, Scope: models.ScopeWrite,
		Expires: tx.Now().Add(spec.lifetime), Platform: models.Gateway, Stamps: models.Stamps{Created: tx.Now(), Modified: tx.Now()}}
	if spec.application != nil {
		token.ApplicationID, token.Platform, token.FamilyID = &spec.application.ID, spec.application.Platform, models.RandomText(20)
	}
	if err := tx.CreateAccessToken(token); err != nil || !spec.refresh {
		return access, refresh, err
	}
	refresh = models.NewSecret(models.TokenLength)
	return access, refresh, tx.CreateRefreshToken(&models.RefreshToken{Digest: refresh.Digest(), Hint: refresh.Hint(),
		ApplicationID: spec.application.ID, UserID: &spec.user.ID, SubjectUserID: &spec.user.ID, AccessTokenID: &token.ID, Scope: token.Scope,
		Platform: token.Platform, FamilyID: token.FamilyID, Created: tx.Now(), Expires: token.Expires.Add(time.Hour)})
}
