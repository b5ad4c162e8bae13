package main

import (
	"encoding/json"
	"fmt"
	"time"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// imported is an import with something left to do, of which an application and a personal token are.
func (p *past) imported() {
	application := models.Application{Name: "Inventory bridge", OrganizationID: new(p.shown.ids["org-netops"]), ClientID: models.RandomText(40), ClientType: models.Confidential,
		AuthorizationGrantType: "password", Platform: models.Controller, Stamps: models.Stamps{Created: p.now, Modified: p.now}}
	application.SetGrantTypes(nil)
	p.write(func(tx *store.Tx) error { return tx.CreateApplication(&application) })
	p.shown.ids["app-bridge"] = application.ID
	report := &models.ImportReport{Source: models.Controller, Level: "0192_custom_roles",
		Tables: []*models.ImportedTable{
			{Table: "auth_user", Read: 1240, Imported: 1200, Skipped: map[string]int64{"here already": 38, "removed here": 2}},
			{Table: "main_organization", Read: 14, Imported: 12, Skipped: map[string]int64{"here already": 2}},
			{Table: "main_oauth2application", Read: 9, Imported: 9, Remarks: map[string]int64{"without a secret": 1}},
			{Table: "main_oauth2accesstoken", Read: 48211, Imported: 47002, Revoked: 12, Skipped: map[string]int64{"without a user": 1197}, Remarks: map[string]int64{"expired": 8120}}},
		Conflicts:       []models.ImportConflict{{Table: "main_organization", ID: 7, Name: "Security", Problem: "its name is taken here by another organization"}, {Table: "auth_user", ID: 77, Name: longName, Problem: "its username is too long"}},
		ChangedSince:    []models.ImportConflict{{Table: "auth_user", ID: 8, Name: "svc-desk", Problem: "has changed at the source since it was imported"}},
		Renumbered:      []models.Renumbered{{Table: "main_oauth2application", From: 3, To: application.ID, Name: "Inventory bridge (2)"}},
		SecretsToRotate: []int64{application.ID}, ThroughTeams: []models.ThroughTeam{{OrganizationID: 4, Organization: "Platform engineering", Kind: models.RoleMember, Users: 6}},
		Settings: map[string]json.RawMessage{"SESSION_COOKIE_AGE": json.RawMessage("1800"), "LOGIN_REDIRECT_OVERRIDE": json.RawMessage(`"https://login.example.com/start?next=console"`)}}
	for n := range 2 {
		run := &models.ImportRun{Source: models.Controller, Started: p.now.Add(time.Duration(n) * time.Hour), Finished: p.now.Add(time.Duration(n)*time.Hour + 2*time.Minute), Last: n == 1, Report: report}
		p.must(p.db.Import(p.t.Context(), func(tx *store.Import) error { return tx.Keep(run) }))
		p.shown.ids["import"] = run.ID
	}
}

// runs are what was done to many things at once.
func (p *past) runs() {
	p.write(func(tx *store.Tx) error {
		return tx.Record(
			models.Activity{Origin: "command:cleartokens", Operation: models.OperationDelete, ObjectType: models.ObjectAccessToken, Note: "cleared 1284 access tokens, 310 refresh tokens, 12 authorization codes"},
			models.Activity{ActorID: new(p.shown.ids[administrator]), ActorName: administrator, Origin: "console", Address: "192.0.2.17", Operation: models.OperationDelete,
				ObjectType: models.ObjectAccessToken, Note: "revoked 12 access tokens, 3 refresh tokens of svc-retired"})
	})
}

// manyTokens fills the list: more than the largest page has.
func (p *past) manyTokens(present time.Time) {
	uses := []string{"Deployment pipeline", "Nightly backup", "Inventory sync", "Certificate renewal", "Metrics exporter", "Configuration audit", "Ticket bridge", "Capacity report", "Firmware rollout", "Log shipping"}
	sites := []string{"north", "south", "east", "west", "core", "edge", "lab"}
	owners := []string{runner, "svc-backup", "svc-metrics", netopsLead, "svc-retired", administrator}
	p.write(func(tx *store.Tx) error {
		for n := range 420 {
			created := present.Add(-time.Duration(420-n) * 20 * time.Hour)
			token := models.AccessToken{Digest: models.NewSecret(30).Digest(), Hint: models.RandomText(4), UserID: new(p.shown.ids[owners[n%len(owners)]]), Scope: []models.Scope{"write", "read", "read write"}[n%3],
				Description: uses[n%len(uses)] + ", " + sites[n%len(sites)], Expires: created.AddDate(1, 0, n%9), Platform: models.Gateway, Stamps: models.Stamps{Created: created, Modified: created}}
			if n%4 == 0 {
				token.ApplicationID, token.FamilyID = new(p.shown.ids["app-desk"]), models.RandomText(20)
			}
			if n%5 == 1 {
				token.Platform, token.ApplicationID = models.Controller, nil
			}
			if n%3 > 0 {
				token.LastUsed, token.LastUsedAddress = new(created.Add(time.Duration(n%19)*time.Hour)), fmt.Sprintf("192.0.2.%d", n%200+1)
			}
			if err := tx.CreateAccessToken(&token); err != nil {
				return err
			}
		}
		return nil
	})
}

// oneToken is one that has a page of the registry.
type oneToken struct {
	word, owner, description, application string
	face                                  models.Face
	expires                               time.Time
}

// oddTokens come first, so that the first page of the list has none of them.
func (p *past) oddTokens(present time.Time) {
	p.now = present.Add(-4 * time.Hour)
	p.make(
		oneToken{"wide", "wide", longName, "", models.FaceConsole, present.AddDate(0, 6, 0)},
		oneToken{"rtl", "zz-rtl", rightToLeft, "", models.FaceConsole, present.AddDate(0, 6, 0)},
		oneToken{"pictures", "zz-rtl", pictures, "", models.FaceConsole, present.AddDate(0, 0, 5)})
}

// tokens are the newest; one of them was changed by somebody else.
func (p *past) tokens(present time.Time) {
	p.now = present.Add(-35 * time.Minute)
	p.make([]oneToken{
		{"controller", runner, "Job templates of the lab", "", models.FaceController, time.Time{}},
		{"application", runner, "Change calendar", "desk", models.FaceConsole, present.AddDate(0, 3, 0)},
		{"expiring", netopsLead, "Firmware rollout, core", "", models.FaceConsole, present.AddDate(0, 0, 3)},
		{"other", runner, "Release notes", "", models.FaceConsole, present.AddDate(0, 1, 0)},
		{"personal", runner, "Deployment pipeline", "", models.FaceConsole, present.AddDate(0, 3, 0)},
		{"mine", administrator, "Monthly access review", "", models.FaceConsole, present.AddDate(0, 1, 0)},
	}...)
	id := p.shown.ids["token-personal"]
	p.now = present.Add(-9 * time.Minute)
	_, err := p.UpdateToken(p.t.Context(), p.admin, models.FaceConsole, id, server.TokenInput{Scope: new("write"), Description: new("Deployment pipeline, production")})
	p.must(err)
	p.write(func(tx *store.Tx) error {
		return tx.SetLastUsed(store.Use{TokenID: id, At: p.now, Address: "2001:db8:17:42::c1"})
	})
	entry, err := p.db.Read(p.t.Context()).Activity(store.Query{Limit: 1, Order: []store.Order{{Field: "id", Descending: true}}}, models.ActivityVisibility{All: true, SignIns: true})
	p.must(err)
	p.shown.ids["entry"] = entry.Rows[0].ID
}

// make makes each a few minutes after the one before.
func (p *past) make(tokens ...oneToken) {
	p.t.Helper()
	for _, each := range tokens {
		p.now = p.now.Add(3 * time.Minute)
		in := server.TokenInput{Description: &each.description, Scope: new("read")}
		if !each.expires.IsZero() {
			in.Expires = &each.expires
		}
		if each.application != "" {
			in.Application = new(p.shown.ids["app-"+each.application])
		}
		issued, err := p.CreateToken(p.t.Context(), p.as(each.owner), each.face, in)
		p.must(err)
		p.shown.ids["token-"+each.word] = issued.AccessToken.ID
	}
}

// failures are wrong passwords of the last hours.
func (p *past) failures(present time.Time) {
	for n, each := range []struct{ username, network string }{{runner, "192.0.2.41"}, {"", "2001:db8:17:42::/64"}, {administrator, "198.51.100.7"}, {"svc-desk", "192.0.2.41"}} {
		for range 3 - n%3 {
			p.now = present.Add(-time.Duration(n*100+7) * time.Minute)
			p.write(func(tx *store.Tx) error { return tx.CountFailedSignIn(p.shown.ids[each.username], each.network) })
		}
	}
}

// signIns gives everybody a session, and one of another browser.
func (p *past) signIns() {
	p.write(func(tx *store.Tx) error {
		for _, username := range []string{administrator, auditor, netopsLead, runner, newcomer, "wide"} {
			id := models.NewSecret(40)
			p.shown.sessions[username] = id.Reveal()
			for n, agent := range []string{"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7; rv:142.0) Gecko/20100101 Firefox/142.0", "curl/8.15.0"} {
				if n > 0 {
					id = models.NewSecret(40)
				}
				session := &models.Session{Digest: id.Digest(), UserID: p.shown.ids[username], Address: fmt.Sprintf("2001:db8:17::%d", n+1), Agent: agent,
					Created: p.now.Add(-time.Duration(n*50) * time.Minute), LastSeen: p.now.Add(-time.Duration(n*9) * time.Minute), Expires: p.now.Add(time.Hour)}
				if err := tx.CreateSession(session); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
