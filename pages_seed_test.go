package main

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-crypt/crypt/algorithm/argon2"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// The people who look at the pages.
const (
	administrator = "admin"
	auditor       = "audit-office"
	netopsLead    = "netops-lead" // administers the organization
	runner        = "ci-runner"   // is a member of it
	newcomer      = "new-starter" // belongs nowhere and has nothing
)

// longName has no place to break at; rightToLeft and pictures are what people write as well.
var (
	longName    = "zone-" + strings.Repeat("NorthernRegionBackboneRouterConfiguration", 6)
	rightToLeft = "عمليات الشبكة والمراقبة"
	pictures    = "🛰️ Satellite uplinks 📡"
)

// shown is what the pages are looked at with: the program with people and things in it, and one that nobody administers yet.
type shown struct {
	*program
	fresh    *program
	ids      map[string]int64  // by the words that stand for them in addresses
	sessions map[string]string // what the cookies of the people hold
	clients  map[string]string // client ids, by the name of the application
}

// past makes things at times that have gone by.
type past struct {
	*server.Server
	t     *testing.T
	db    *store.Store
	now   time.Time
	shown *shown
	admin server.Actor
}

// seedPages fills an empty database with what an installation of some years has.
func seedPages(t *testing.T, database string) *shown {
	t.Helper()
	p := &past{t: t, shown: &shown{ids: map[string]int64{}, sessions: map[string]string{}, clients: map[string]string{}}}
	present := time.Now()
	p.now = present.AddDate(-2, 0, 0)
	var err error
	p.db, err = store.Open(t.Context(), store.Options{URL: database, Clock: func() time.Time { return p.now }})
	p.must(err)
	defer func() { _ = p.db.Close() }()
	_, err = p.db.Migrate(t.Context())
	p.must(err)
	p.Server, err = server.New(server.Options{Store: p.db, Issuer: "https://gatehouse.example.com", Policy: models.DefaultPolicy()})
	p.must(err)
	p.people()
	p.organizations()
	p.applications()
	p.now = present.AddDate(0, 0, -400)
	p.imported()
	p.oddTokens(present)
	p.manyTokens(present)
	p.now = present.Add(-4 * time.Hour)
	p.runs()
	p.tokens(present)
	p.failures(present)
	p.now = present
	p.signIns()
	return p.shown
}

func (p *past) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *past) write(change func(*store.Tx) error) {
	p.t.Helper()
	p.must(p.db.Write(p.t.Context(), change))
}

// people have one password. Its digest costs nothing to verify.
func (p *past) people() {
	hasher, err := argon2.New(argon2.WithVariantID(), argon2.WithM(64), argon2.WithT(1), argon2.WithP(1))
	p.must(err)
	digest, err := hasher.Hash(adminPassword)
	p.must(err)
	seen := p.now.AddDate(2, 0, -1)
	for _, each := range []models.User{
		{Username: administrator, Email: "admin@example.com", IsSuperuser: true, LastLogin: &seen},
		{Username: auditor, FirstName: "Audit", LastName: "office", Email: "audit@example.com", IsPlatformAuditor: true, LastLogin: &seen},
		{Username: netopsLead, FirstName: "Network", LastName: "lead", Email: "netops@example.com", LastLogin: &seen},
		{Username: runner, FirstName: "Build", LastName: "runner", Email: "ci@example.com"},
		{Username: newcomer},
		{Username: "svc-desk", FirstName: "Service", LastName: "desk", Email: "desk@example.com", ExternalAccount: "ldap", ExternalSource: "Corporate directory"},
		{Username: "svc-metrics", Email: "metrics@example.com"},
		{Username: "svc-backup", Email: "backup@example.com"},
		{Username: "svc-retired"},
		{Username: "wide." + strings.Repeat("w", 140), FirstName: longName[:150], LastName: longName[:150], Email: strings.Repeat("w", 60) + "@example.com"},
		{Username: "zz-rtl", FirstName: rightToLeft, LastName: pictures},
	} {
		user := each
		user.Password, user.IsActive = models.PasswordDigest(digest.Encode()), user.Username != "svc-retired"
		user.Stamps = models.Stamps{Created: p.now, Modified: p.now}
		p.write(func(tx *store.Tx) error { return tx.CreateUser(&user) })
		p.shown.ids[user.Username] = user.ID
	}
	p.shown.ids["wide"] = p.shown.ids["wide."+strings.Repeat("w", 140)]
	p.admin = p.as(administrator)
}

// as is somebody at the console, with what they are members of now.
func (p *past) as(username string) server.Actor {
	p.t.Helper()
	user, err := p.db.Read(p.t.Context()).User(p.shown.ids[username])
	p.must(err)
	return server.Actor{Actor: models.Actor{User: user}, Origin: "console", Address: "192.0.2.17"}
}

func (p *past) organizations() {
	for word, in := range map[string][2]string{
		"netops": {"Network operations", "Routers, switches and firewalls of all sites"}, "platform": {"Platform engineering", "Clusters, pipelines and what runs on them"},
		"security": {"Security", "Certificates, keys and audits"}, "empty": {"Archive", ""},
		"wide": {longName, longName}, "rtl": {rightToLeft, rightToLeft}, "pictures": {pictures, "Antennas and their schedules"},
	} {
		made, err := p.CreateOrganization(p.t.Context(), p.admin, models.FaceConsole, server.OrganizationInput{Name: &in[0], Description: &in[1]})
		p.must(err)
		p.shown.ids["org-"+word] = made.ID
	}
	for username, role := range map[string]models.Role{netopsLead: models.RoleAdmin, runner: models.RoleMember, "svc-desk": models.RoleMember, "svc-metrics": models.RoleMember,
		"svc-backup": models.RoleMember, "svc-retired": models.RoleMember, "zz-rtl": models.RoleAuditor, "wide": models.RoleMember} {
		p.must(p.Associate(p.t.Context(), p.admin, p.shown.ids["org-netops"], p.shown.ids[username], role))
	}
}

func (p *past) applications() {
	const code = "authorization-code"
	p.application("desk", models.FaceConsole, "netops", "Service desk", "Opens and closes changes for people who sign in.", "confidential", code, "https://desk.example.com/oauth/callback")
	p.application("portal", models.FaceConsole, "platform", "Developer portal", "Self service of teams.", "public", code, "https://portal.example.com/callback", "http://127.0.0.1/callback")
	p.application("display", models.FaceConsole, "netops", "Wallboard", "Screens in the operations room.", "public", models.GrantDeviceCode)
	p.application("pipeline", models.FaceConsole, "platform", "Pipeline", "Builds and deployments.", "confidential", "client-credentials")
	p.application("provision", models.FaceController, "netops", "Legacy provisioning", "", "confidential", "password", "http://provision.internal.example.com/callback")
	p.application("wide", models.FaceConsole, "wide", longName, longName, "public", code, "https://"+strings.Repeat("w", 60)+".example.com/"+strings.Repeat("w", 150))
	p.application("rtl", models.FaceConsole, "rtl", rightToLeft, rightToLeft, "confidential", code, "https://desk.example.com/")
	for n := range 14 {
		p.application(fmt.Sprintf("worker-%d", n), models.FaceConsole, "platform", fmt.Sprintf("Site agent %02d", n+1), "", "confidential", "client-credentials")
	}
	p.write(func(tx *store.Tx) error {
		desk := p.shown.ids["app-desk"]
		for n, scope := range []models.Scope{"read write", "read"} {
			consent := &models.Consent{UserID: p.shown.ids[runner], ApplicationID: []int64{desk, p.shown.ids["app-wide"]}[n], RedirectURI: "https://desk.example.com/oauth/callback",
				Scope: scope, Created: tx.Now(), Modified: tx.Now()}
			if err := tx.KeepConsent(consent); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p *past) application(word string, face models.Face, organization, name, description, kind, grant string, redirects ...string) {
	p.t.Helper()
	p.now = p.now.Add(97 * time.Hour)
	id, uris := p.shown.ids["org-"+organization], models.Words(redirects)
	of := &id
	in := server.ApplicationInput{Name: &name, Description: &description, OrganizationID: &of, ClientType: &kind, AuthorizationGrantType: &grant}
	if len(uris) > 0 {
		in.RedirectURIs = &uris
	}
	made, _, err := p.CreateApplication(p.t.Context(), p.admin, face, in)
	p.must(err)
	p.shown.ids["app-"+word], p.shown.clients[word] = made.ID, made.ClientID
}

// in puts ids and client ids in the place of the words of an address.
func (x *shown) in(text string) string {
	for word, id := range x.ids {
		text = strings.ReplaceAll(text, "{"+word+"}", strconv.FormatInt(id, 10))
	}
	for word, id := range x.clients {
		text = strings.ReplaceAll(text, "{client-"+word+"}", id)
	}
	return text
}

// statement changes the database behind the program's back.
func (x *shown) statement(text string) {
	x.t.Helper()
	if _, err := x.target().ExecContext(x.t.Context(), text); err != nil {
		x.t.Fatal(err)
	}
}
