package manage

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
)

// asked is an answer of the running server.
type asked struct {
	*http.Response
	text string
	body map[string]any
}

// ask sends a form or, where it begins with a brace, JSON to the running server.
func (s *serving) ask(method, path, body string, options ...func(*http.Request)) asked {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, "http://"+s.listen+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", map[bool]string{true: "application/json", false: "application/x-www-form-urlencoded"}[body[0] == '{'])
	}
	for _, option := range options {
		option(request)
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	a := asked{Response: answer, text: string(text)}
	_ = json.Unmarshal(text, &a.body) // what is no object is seen as such by the checks
	return a
}

// wants checks the status.
func (a asked) wants(t *testing.T, what string, status int) asked {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("%s: status %d, want %d: %s", what, a.StatusCode, status, a.text)
	}
	return a
}

func bearing(token models.Secret) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token.Reveal()) }
}

func basically(name, password string) func(*http.Request) {
	return func(r *http.Request) { r.SetBasicAuth(name, password) }
}

// TestSettingsOfTheAPIsAreInForce asks the running program, set up by its environment, for what each setting does.
func TestSettingsOfTheAPIsAreInForce(t *testing.T) {
	t.Parallel()
	const password = "correct horse battery"
	w := newWorld(t, sqliteAddress(t), "AUTH_BASIC_ENABLED=false", "DEFAULT_PAGE_SIZE=2", "MAX_PAGE_SIZE=3", "CONTROLLER_TOKEN_CREATION=false",
		"GATEHOUSE_PRODUCT_NAME=AWX", "GATEHOUSE_PRODUCT_VERSION=24.6.1", "CONTROLLER_APP_TOKENS_EVERYWHERE=true", "ALLOW_HTTP_REDIRECT_URIS=true",
		"SESSION_COOKIE_AGE=60", "SESSIONS_PER_USER=1", "ORG_ADMINS_CAN_SEE_ALL_USERS=false", "MANAGE_ORGANIZATION_AUTH=false",
		"OAUTH2_PROVIDER__ACCESS_TOKEN_EXPIRE_SECONDS=31536000000", "GATEHOUSE_TOKEN_PREFIX=acme_", "GATEHOUSE_SUPERUSER_PASSWORD="+password)
	w.must("createsuperuser", "--username", "root")
	applications := w.applications()
	w.write(func(tx *store.Tx) error {
		_, err := tx.AddMembership(models.Membership{OrganizationID: *applications[models.Gateway].OrganizationID, UserID: w.alice.ID, Role: models.RoleAdmin, Created: tx.Now()})
		return err
	})
	w.user("bob", false)
	admin, _ := w.token(tokenSpec{user: w.admin, lifetime: time.Hour})
	alice, _ := w.token(tokenSpec{user: w.alice, lifetime: time.Hour})
	job, _ := w.token(tokenSpec{user: w.alice, application: applications[models.Controller], lifetime: time.Hour})
	s := w.serve()
	const gateway, controller = "/api/gateway/v1/", "/api/controller/v2/"

	s.ask("GET", controller+"me/", "", basically("root", password)).wants(t, "AUTH_BASIC_ENABLED", 401)
	for query, want := range map[string]int{"": 2, "?page_size=100": 3} {
		if rows, _ := s.ask("GET", controller+"users/"+query, "", bearing(admin)).wants(t, "users", 200).body["results"].([]any); len(rows) != want {
			t.Errorf("page sizes: %d rows, want %d", len(rows), want)
		}
	}
	s.ask("POST", controller+"tokens/", "{}", bearing(alice)).wants(t, "CONTROLLER_TOKEN_CREATION", 403)
	made := s.ask("POST", gateway+"tokens/", "{}", bearing(alice)).wants(t, "a token of the gateway", 201)
	if expires, _ := made.body["expires"].(string); expires < "3000" {
		t.Errorf("ACCESS_TOKEN_EXPIRE_SECONDS: expires %q", expires)
	}
	if value, _ := made.body["token"].(string); !strings.HasPrefix(value, "acme_") {
		t.Error("GATEHOUSE_TOKEN_PREFIX: the token has none")
	}
	me := s.ask("GET", gateway+"me/", "", bearing(job)).wants(t, "CONTROLLER_APP_TOKENS_EVERYWHERE", 200)
	if me.Header.Get("X-API-Product-Name") != "AWX" || me.Header.Get("X-API-Product-Version") != "24.6.1" {
		t.Errorf("product: %v", me.Header)
	}
	s.ask("POST", gateway+"applications/", `{"name": "plain", "organization": 1, "client_type": "public", "authorization_grant_type": "authorization-code",
		"redirect_uris": "http://jobs.example.org/callback"}`, bearing(admin)).wants(t, "ALLOW_HTTP_REDIRECT_URIS", 201)
	if seen := s.ask("GET", gateway+"users/", "", bearing(alice)).body["count"]; seen != 3.0 { // herself and two superusers, not bob
		t.Errorf("ORG_ADMINS_CAN_SEE_ALL_USERS: alice sees %v users", seen)
	}
	s.ask("POST", gateway+"users/", `{"username": "carol", "password": "a long password"}`, bearing(alice)).wants(t, "MANAGE_ORGANIZATION_AUTH", 403)

	signIn := func() *http.Cookie {
		form := url.Values{"username": {"root"}, "password": {password}}.Encode()
		for _, cookie := range s.ask("POST", "/api/login/", form).wants(t, "sign in", 302).Cookies() {
			if cookie.Name == "gatehouse_session" {
				return cookie
			}
		}
		t.Fatal("no session")
		return nil
	}
	first, second := signIn(), signIn()
	s.ask("GET", gateway+"me/", "", func(r *http.Request) { r.AddCookie(first) }).wants(t, "SESSIONS_PER_USER", 401)
	if got := s.ask("GET", gateway+"me/", "", func(r *http.Request) { r.AddCookie(second) }).wants(t, "the last session", 200).Header.Get("Session-Timeout"); got != "60" {
		t.Errorf("SESSION_COOKIE_AGE: Session-Timeout is %q", got)
	}
}

// TestSettingsOfTheEndpointsAreInForce does the same for the OAuth endpoints.
func TestSettingsOfTheEndpointsAreInForce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteAddress(t), "TOKEN_ENDPOINT_STATUS=201", "LEGACY_REFRESH_EXPIRED=true", "GATEHOUSE_DEVICE_CODE_EXPIRE_SECONDS=77",
		"OAUTH2_PROVIDER__REFRESH_TOKEN_GRACE_PERIOD_SECONDS=0", "OAUTH2_PROVIDER__REFRESH_TOKEN_EXPIRE_SECONDS=3600",
		"GATEHOUSE_REFRESH_TOKEN_ABSOLUTE_SECONDS=4000", "OAUTH2_PROVIDER__ACCESS_TOKEN_EXPIRE_SECONDS=123")
	client, secret := w.applications()[models.Gateway], models.NewSecret(models.ClientSecretLength)
	w.write(func(tx *store.Tx) error {
		client.GrantTypes = models.Words{models.GrantPassword, models.GrantRefreshToken, models.GrantDeviceCode}
		if err := tx.UpdateApplication(client); err != nil {
			return err
		}
		return tx.AddClientSecret(&models.ClientSecret{ApplicationID: client.ID, Digest: secret.Digest(), Created: tx.Now()})
	})
	_, live := w.token(tokenSpec{user: w.alice, application: client, lifetime: time.Hour, refresh: true})
	_, over := w.token(tokenSpec{user: w.alice, application: client, lifetime: -2 * time.Hour, refresh: true})
	s, by := w.serve(), basically(client.ClientID, secret.Reveal())
	refresh := func(value string) asked {
		return s.ask("POST", "/o/token/", url.Values{"grant_type": {"refresh_token"}, "refresh_token": {value}}.Encode(), by)
	}

	if a := refresh(over.Reveal()).wants(t, "LEGACY_REFRESH_EXPIRED", 403); a.text != "The refresh token has expired." {
		t.Errorf("LEGACY_REFRESH_EXPIRED: %q", a.text)
	}
	issued := refresh(live.Reveal()).wants(t, "TOKEN_ENDPOINT_STATUS", 201)
	if issued.body["expires_in"] != 123.0 {
		t.Errorf("ACCESS_TOKEN_EXPIRE_SECONDS: %v", issued.body["expires_in"])
	}
	next, _ := issued.body["refresh_token"].(string)
	row, err := w.db.Read(t.Context()).RefreshTokenByDigest(models.SecretOf(next).Digest())
	if err != nil {
		t.Fatal(err)
	}
	if lives := row.Expires.Sub(row.Created); lives != time.Hour {
		t.Errorf("REFRESH_TOKEN_EXPIRE_SECONDS: it lives %v", lives)
	}
	refresh(live.Reveal()).wants(t, "REFRESH_TOKEN_GRACE_PERIOD_SECONDS", 400)
	refresh(next).wants(t, "the family after the reuse", 400)
	device := s.ask("POST", "/o/device_authorization/", "scope=read", by).wants(t, "device authorization", 200)
	if device.body["expires_in"] != 77.0 {
		t.Errorf("GATEHOUSE_DEVICE_CODE_EXPIRE_SECONDS: %v", device.body["expires_in"])
	}
}
