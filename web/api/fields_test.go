package api_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

const (
	messageBlank  = "This field may not be blank."
	messageNull   = "This field may not be null."
	messageAbsent = "This field is required."
	tooMany       = "Ensure this field has no more than "
)

// badValue is a value that a field does not take, and what the answer says about it.
type badValue struct {
	key   string
	value any
	says  string
}

// TestApplicationName: contract §1.2: required, 1 to 255 characters, on creation and update.
func TestApplicationName(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		for _, mount := range []string{G, C} {
			url := s.Post(t, "admin", mount+"applications/", application(s, nil)).Want(201).String("url")
			for _, bad := range []badValue{{"name", "", messageBlank}, {"name", " \t", messageBlank}, {"name", nil, messageNull}, {"name", []string{"a"}, "Not a valid string."},
				{"name", strings.Repeat("ü", 256), tooMany + "255 characters."}, {"name", "a\x00b", "Null characters are not allowed."},
				{"description", strings.Repeat("ü", 10_001), tooMany + "10000 characters."}} {
				s.Post(t, "admin", mount+"applications/", application(s, fields{bad.key: bad.value})).Want(400).Equal(bad.key+".0", bad.says)
				s.Patch(t, "admin", url, fields{bad.key: bad.value}).Want(400).Equal(bad.key+".0", bad.says)
			}
			s.Post(t, "admin", mount+"applications/", application(s, fields{"name": absent})).Want(400).Equal("name.0", messageAbsent)
			s.Put(t, "admin", url, application(s, fields{"name": absent})).Want(400).Equal("name.0", messageAbsent)
			longest := strings.Repeat("ü", 255)
			s.Post(t, "admin", mount+"applications/", application(s, fields{"name": longest, "organization": map[string]int64{G: s.Organization.ID, C: s.Other.ID}[mount]})).
				Want(201).Equal("name", longest)
			s.Patch(t, "admin", url, fields{"name": mount}).Want(200).Equal("name", mount)
			for _, taken := range []string{s.App.Name, s.Job.Name} { // whichever platform it is of
				s.Patch(t, "admin", url, fields{"name": taken}).Want(400).Contains(map[string]string{G: "must make a unique set", C: "already exists"}[mount])
			}
		}
	})
}

// TestUserFields: contract §1.3: what username, names, e-mail and password may be, at both platforms.
func TestUserFields(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		const characters = "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
		for mount, name := range map[string]string{G: "Carol.B+c@d-e_f9", C: "Łukasz-阿丽"} {
			whole := fields{"username": name, "password": "a long password", "email": strings.Repeat("a", 242) + "@example.org",
				"first_name": strings.Repeat("ü", 150), "last_name": strings.Repeat("x", 150)}
			url := s.Post(t, "admin", mount+"users/", whole).Want(201).Equal("username", name).Equal("password", "$encrypted$").String("url")
			for _, bad := range []badValue{
				{"username", "", messageBlank}, {"username", nil, messageNull}, {"username", strings.Repeat("a", 151), tooMany + "150 characters."},
				{"username", "a b", characters}, {"username", "a/b", characters}, {"username", "alice", "A user with that username already exists."},
				{"first_name", strings.Repeat("ü", 151), tooMany + "150 characters."}, {"first_name", nil, messageNull},
				{"last_name", strings.Repeat("ü", 151), tooMany + "150 characters."}, {"last_name", fields{}, "Not a valid string."},
				{"email", strings.Repeat("a", 243) + "@example.org", tooMany + "254 characters."}, {"email", "nonsense", "Enter a valid email address."},
				{"email", "Alice <alice@example.org>", "Enter a valid email address."}, {"email", nil, messageNull},
				{"password", "seven77", "This password is too short. It must contain at least 8 characters: 1 is missing."},
				{"password", "four", "This password is too short. It must contain at least 8 characters: 4 are missing."},
				{"password", strings.Repeat("x", 1025), "This password is too long: at most 1024 bytes are allowed."}, {"password", nil, messageNull},
			} {
				body := maps.Clone(whole)
				maps.Copy(body, fields{"username": "dave", bad.key: bad.value})
				s.Post(t, "admin", mount+"users/", body).Want(400).Equal(bad.key+".0", bad.says)
				s.Patch(t, "admin", url, fields{bad.key: bad.value}).Want(400).Equal(bad.key+".0", bad.says)
			}
			s.Post(t, "admin", mount+"users/", fields{"password": "a long password"}).Want(400).Equal("username.0", messageAbsent)
			for _, none := range []fields{{"username": "dave"}, {"username": "dave", "password": ""}, {"username": "dave", "password": "$encrypted$"}} {
				s.Post(t, "admin", mount+"users/", none).Want(400).Equal("password.0", "Password required for new User.")
			}
			s.Get(t, "admin", mount+"users/?username=dave").Want(200).Equal("count", 0)
			s.Patch(t, "admin", url, fields{"password": "$encrypted$", "email": ""}).Want(200).Equal("email", "").Equal("password", "$encrypted$")
			s.Post(t, "", "/api/login/", webtest.Form("username", name, "password", "a long password")).Want(302) // unchanged
		}
	})
}

// TestManagedUser: contract §1.3: the flag is the gateway's, and nobody's to write.
func TestManagedUser(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		bob := path(G, "users", s.ID("bob"))
		s.Get(t, "admin", bob).Want(200).Equal("managed", false)
		change(t, s, "bob", func(u *models.User) { u.Managed = true })
		s.Patch(t, "admin", bob, fields{"managed": false}).Want(200).Equal("managed", true)
		s.Post(t, "admin", G+"users/", fields{"username": "carol", "password": "a long password", "managed": true}).Want(201).Equal("managed", false)
		if s.Get(t, "admin", path(C, "users", s.ID("bob"))).Want(200).Has("managed") {
			t.Error("the controller shows it")
		}
	})
}

// TestRelated: contract §1.1 to §1.4: exactly the links of each platform, of what is served; the activity stream's have their own tests.
func TestRelated(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		made := s.Post(t, "admin", G+"applications/", application(s, fields{"user": s.ID("om")})).Want(201).Int("id")
		ofUser := []string{"applications", "authorized_tokens", "organizations", "personal_tokens", "tokens"}
		ofOrganization := []string{"admins", "applications", "auditors", "users"}
		stamps := []string{"created_by", "modified_by"}
		personal, _ := newToken(t, s, "om", G, nil)
		job, _ := newToken(t, s, "om", C, fields{"application": s.Job.ID})
		for _, row := range []struct {
			address string
			want    []string
		}{
			{path(G, "tokens", personal), append([]string{"user"}, stamps...)},
			{path(G, "tokens", job), append([]string{"application", "user"}, stamps...)},
			{path(C, "tokens", job), []string{"application", "user"}},
			{path(G, "applications", made), append([]string{"access_tokens", "organization", "tokens", "user"}, stamps...)},
			{path(G, "applications", s.App.ID), []string{"access_tokens", "organization", "tokens"}},
			{path(C, "applications", s.Job.ID), []string{"access_tokens", "named_url", "organization", "tokens"}},
			{path(G, "users", s.ID("om")), ofUser},
			{path(C, "users", s.ID("om")), ofUser},
			{path(G, "organizations", s.Organization.ID), ofOrganization},
			{path(C, "organizations", s.Organization.ID), ofOrganization},
		} {
			related, _ := s.Get(t, "admin", row.address).Want(200).At("related").(map[string]any)
			keys := slices.Sorted(maps.Keys(related))
			keys = slices.DeleteFunc(keys, func(key string) bool { return key == "activity_stream" })
			slices.Sort(row.want)
			if diff := cmp.Diff(row.want, keys); diff != "" {
				t.Errorf("%s (-want +got):\n%s", row.address, diff)
			}
		}
		named := s.Post(t, "admin", C+"applications/", application(s, nil)).Want(201)
		if named.String("related.named_url") == "" || s.Get(t, "admin", C+"applications/").Want(200).At("results.0.related.named_url") != nil {
			t.Error("named_url stands on details and answers to POST, and in no list")
		}
	})
}

// TestRelatedOfAnOrphan: contract §1.2: a row of an old system without an organization has no name with one either.
func TestRelatedOfAnOrphan(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		orphan := models.Application{Name: "orphan", Platform: models.Controller, ClientID: "x", ClientType: models.Public, AuthorizationGrantType: "password"}
		if err := s.DB.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateApplication(&orphan) }); err != nil {
			t.Fatal(err)
		}
		if a := s.Get(t, "admin", path(C, "applications", orphan.ID)).Want(200); a.At("related.named_url") != nil {
			t.Errorf("related: %v", a.At("related"))
		}
	})
}
