package console_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

// things are fresh objects for one case of a table, by the words that stand for their ids in addresses: an organization that oa
// administers and om is a member of, with an application, a user and tokens; and personal tokens of alice.
type things map[string]int64

// in puts the ids into a text.
func (x things) in(text string) string {
	for word, id := range x {
		text = strings.ReplaceAll(text, "{"+word+"}", strconv.FormatInt(id, 10))
	}
	return text
}

func makeThings(t testing.TB, s *webtest.Site) things {
	t.Helper()
	x := things{"admin": s.ID("admin"), "alice": s.ID("alice")}
	change(t, s, func(tx *store.Tx) error {
		stamps := models.Stamps{Created: tx.Now(), Modified: tx.Now()}
		organization := &models.Organization{Name: models.RandomText(8), Stamps: stamps}
		if err := tx.CreateOrganization(organization); err != nil {
			return err
		}
		user := &models.User{Username: models.RandomText(8), IsActive: true, Stamps: stamps}
		if err := tx.CreateUser(user); err != nil {
			return err
		}
		x["organization"], x["user"] = organization.ID, user.ID
		for id, role := range map[int64]models.Role{s.ID("oa"): models.RoleAdmin, s.ID("om"): models.RoleMember, user.ID: models.RoleMember} {
			if _, err := tx.AddMembership(models.Membership{OrganizationID: organization.ID, UserID: id, Role: role, Created: tx.Now()}); err != nil {
				return err
			}
		}
		session := &models.Session{Digest: models.NewSecret(40).Digest(), UserID: s.ID("alice"), Address: "203.0.113.9", Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
			Created: tx.Now(), LastSeen: tx.Now(), Expires: tx.Now().Add(time.Hour)}
		if err := tx.CreateSession(session); err != nil {
			return err
		}
		x["session"] = session.ID
		return nil
	})
	x["application"] = register(t, s, models.FaceConsole, x["organization"]).ID
	x["job"] = register(t, s, models.FaceController, x["organization"]).ID
	x["personal"], x["other"] = token(t, s, "alice", models.FaceConsole, 0), token(t, s, "alice", models.FaceConsole, 0)
	x["theirs"] = token(t, s, "alice", models.FaceController, 0)
	x["issued"] = token(t, s, "om", models.FaceConsole, x["application"])
	x["entry"] = newestEntry(t, s).ID
	return x
}

// change stores what no page could.
func change(t testing.TB, s *webtest.Site, change func(*store.Tx) error) {
	t.Helper()
	if err := s.DB.Write(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}

// actor is a member of the cast with the memberships of this moment, outside of any browser.
func actor(t testing.TB, s *webtest.Site, who string) server.Actor {
	t.Helper()
	user, err := s.DB.Read(t.Context()).User(s.ID(who))
	if err != nil {
		t.Fatal(err)
	}
	return server.Actor{Actor: models.Actor{User: user}, Origin: "api"}
}

// register makes an application of the face's platform that takes every grant, with redirects to a client.
func register(t testing.TB, s *webtest.Site, face models.Face, organization int64, set ...func(*server.ApplicationInput)) *models.Application {
	t.Helper()
	id := &organization
	name, kind, grant := "app "+models.RandomText(6), "confidential", "authorization-code"
	in := server.ApplicationInput{Name: &name, OrganizationID: &id, ClientType: &kind, AuthorizationGrantType: &grant,
		RedirectURIs: &models.Words{"https://client.example.org/callback"}}
	for _, each := range set {
		each(&in)
	}
	made, _, err := s.CreateApplication(t.Context(), actor(t, s, "admin"), face, in)
	if err != nil {
		t.Fatalf("register: %v", err)
	}
	return made
}

// token makes a token for somebody, of the application or a personal one for 0, and gives its id.
func token(t testing.TB, s *webtest.Site, who string, face models.Face, application int64) int64 {
	t.Helper()
	in := server.TokenInput{}
	if application != 0 {
		in.Application = &application
	}
	issued, err := s.CreateToken(t.Context(), actor(t, s, who), face, in)
	if err != nil {
		t.Fatalf("create token: %v", err)
	}
	return issued.AccessToken.ID
}

func itoa(id int64) string { return strconv.FormatInt(id, 10) }

// count says how many of everything there are, to see that nothing was made or deleted.
func count(t testing.TB, s *webtest.Site) string {
	t.Helper()
	reader := s.DB.Read(t.Context())
	everything := models.Visibility{All: true}
	tokens, err := reader.AccessTokens(store.Query{}, everything)
	if err != nil {
		t.Fatal(err)
	}
	applications, err := reader.Applications(store.Query{}, everything)
	if err != nil {
		t.Fatal(err)
	}
	users, err := reader.Users(store.Query{}, everything)
	if err != nil {
		t.Fatal(err)
	}
	organizations, err := reader.Organizations(store.Query{}, everything)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := reader.Activity(store.Query{}, models.ActivityVisibility{All: true, SignIns: true})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d tokens, %d applications, %d users, %d organizations, %d entries",
		tokens.Count, applications.Count, users.Count, organizations.Count, entries.Count)
}

// newestEntry is the last that was written to the activity stream.
func newestEntry(t testing.TB, s *webtest.Site) models.Activity {
	t.Helper()
	page, err := s.DB.Read(t.Context()).Activity(store.Query{Limit: 1}, models.ActivityVisibility{All: true, SignIns: true})
	if err != nil || len(page.Rows) != 1 {
		t.Fatalf("no entry: %v", err)
	}
	return page.Rows[0]
}

// ids are the tokens of somebody, newest first.
func ids(t testing.TB, s *webtest.Site, who string) []int64 {
	t.Helper()
	query := store.Query{Filters: []store.Filter{{Field: "user__username", Value: who}}, Order: []store.Order{{Field: "id", Descending: true}}}
	page, err := s.DB.Read(t.Context()).AccessTokens(query, models.Visibility{All: true})
	if err != nil {
		t.Fatal(err)
	}
	var all []int64
	for _, each := range page.Rows {
		all = append(all, each.ID)
	}
	return all
}
