// Package webtest starts the whole HTTP surface on a fresh database, with people and applications in it, for the tests of web, of the
// REST faces and of the pages. Nothing in it is replaced by a double: requests go through the handler that the program serves. What it
// answers to programs is held to the description in package openapi, whatever the test is about.
package webtest

import (
	"bytes"
	"log/slog"
	"net/http"
	"sync"
	"testing"

	"github.com/go-crypt/crypt/algorithm/argon2"

	"gatehouse/models"
	"gatehouse/openapi/openapitest"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/store/storetest"
	"gatehouse/web"
)

// Password is everybody's.
const Password = "correct horse battery"

// Config is what a site is made with; a test may change it.
type Config struct {
	Server server.Options
	Web    web.Options
}

// Site is a running surface with its cast.
type Site struct {
	*server.Server
	DB      storetest.DB
	Handler http.Handler
	Direct  http.Handler // the same without what holds each answer to the description, which keeps it back until it is whole
	Log     *Log
	Config  Config

	Users        map[string]*models.User // admin, aud, alice, bob, oa, om, pa
	Organization *models.Organization    // O: oa administers it, om is a member
	Other        *models.Organization    // P: pa administers it
	App          Client                  // gateway, O, confidential, password
	Job          Client                  // controller, O, confidential, password
}

// Client is an application with its secret.
type Client struct {
	*models.Application
	Secret string
}

// Each runs test on a site of its own on every database.
func Each(t *testing.T, test func(t *testing.T, s *Site), change ...func(*Config)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db storetest.DB) { test(t, New(t, db, change...)) })
}

// New makes a site on a test's database.
func New(t testing.TB, db storetest.DB, change ...func(*Config)) *Site {
	t.Helper()
	s := &Site{DB: db, Log: &Log{}, Users: map[string]*models.User{}}
	logger := slog.New(slog.NewJSONHandler(s.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.Config = Config{Server: server.Options{Store: db.Store, Issuer: "http://localhost:8080", Policy: models.DefaultPolicy(), Log: logger},
		Web: web.Options{BasicEnabled: true, Version: "4.5.0", Log: logger, Ready: db.Ping}}
	for _, each := range change {
		each(&s.Config)
	}
	var err error
	if s.Server, err = server.New(s.Config.Server); err != nil {
		t.Fatalf("make a server: %v", err)
	}
	s.Config.Web.Server = s.Server
	handler, err := web.New(s.Config.Web)
	if err != nil {
		t.Fatalf("make the surface: %v", err)
	}
	s.Direct, s.Handler = handler, openapitest.Handler(t, handler)
	if err := db.Write(t.Context(), s.seed); err != nil {
		t.Fatalf("seed: %v", err)
	}
	return s
}

func (s *Site) seed(tx *store.Tx) error {
	s.Organization, s.Other = &models.Organization{Name: "O"}, &models.Organization{Name: "P"}
	for _, organization := range []*models.Organization{s.Organization, s.Other} {
		organization.Stamps = stamps(tx)
		if err := tx.CreateOrganization(organization); err != nil {
			return err
		}
	}
	for _, each := range []struct {
		user         models.User
		organization *models.Organization
		role         models.Role
	}{
		{models.User{Username: "admin", IsSuperuser: true}, nil, ""},
		{models.User{Username: "aud", IsPlatformAuditor: true}, nil, ""},
		{models.User{Username: "alice", FirstName: "Alice", Email: "alice@example.org"}, nil, ""},
		{models.User{Username: "bob"}, nil, ""},
		{models.User{Username: "oa"}, s.Organization, models.RoleAdmin},
		{models.User{Username: "om"}, s.Organization, models.RoleMember},
		{models.User{Username: "pa"}, s.Other, models.RoleAdmin},
	} {
		if err := s.addUser(tx, each.user, each.organization, each.role); err != nil {
			return err
		}
	}
	for to, platform := range map[*Client]models.Platform{&s.App: models.Gateway, &s.Job: models.Controller} {
		application := models.Application{Name: "app of the " + string(platform), ClientType: models.Confidential, Platform: platform,
			AuthorizationGrantType: "password", OrganizationID: &s.Organization.ID}
		if err := s.addClient(tx, to, application); err != nil {
			return err
		}
	}
	return nil
}

func stamps(tx *store.Tx) models.Stamps { return models.Stamps{Created: tx.Now(), Modified: tx.Now()} }

func (s *Site) addUser(tx *store.Tx, user models.User, organization *models.Organization, role models.Role) error {
	user.IsActive, user.Password, user.Stamps = true, passwordDigest(), stamps(tx)
	if err := tx.CreateUser(&user); err != nil {
		return err
	}
	s.Users[user.Username] = &user
	if organization == nil {
		return nil
	}
	user.Memberships = []models.Membership{{OrganizationID: organization.ID, UserID: user.ID, Role: role, Created: tx.Now()}}
	_, err := tx.AddMembership(user.Memberships[0])
	return err
}

func (s *Site) addClient(tx *store.Tx, to *Client, a models.Application) error {
	a.ClientID, a.Stamps = models.RandomText(models.ClientIDLength), stamps(tx)
	a.SetGrantTypes(nil)
	if err := tx.CreateApplication(&a); err != nil {
		return err
	}
	secret := models.NewSecret(models.ClientSecretLength)
	*to = Client{Application: &a, Secret: secret.Reveal()}
	return tx.AddClientSecret(&models.ClientSecret{ApplicationID: a.ID, Digest: secret.Digest(), Created: tx.Now()})
}

// passwordDigest is the digest of Password, with parameters that cost nothing: it is verified with those that it carries.
var passwordDigest = sync.OnceValue(func() models.PasswordDigest {
	hasher, err := argon2.New(argon2.WithVariantID(), argon2.WithM(64), argon2.WithT(1), argon2.WithP(1))
	if err != nil {
		panic(err)
	}
	digest, err := hasher.Hash(Password)
	if err != nil {
		panic(err)
	}
	return models.PasswordDigest(digest.Encode())
})

// ID is the id of a member of the cast, as a segment of a path.
func (s *Site) ID(username string) int64 { return s.Users[username].ID }

// Log is what the site logged so far.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write appends.
func (l *Log) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(text)
}

// String is all of it.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
