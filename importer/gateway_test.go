package importer_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"gatehouse/importer"
	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// sourceOf makes a gateway's database, and runs more statements on it.
func sourceOf(t *testing.T, more ...string) string {
	t.Helper()
	statements, err := os.ReadFile("testdata/gateway.sql")
	if err != nil {
		t.Fatal(err)
	}
	address := storetest.PostgreSQL(t)
	change(t, address, append([]string{string(statements)}, more...)...)
	return address
}

// change runs statements at the source.
func change(t *testing.T, address string, statements ...string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context()) // also while cleaning up
	connection, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close(ctx) }()
	for _, statement := range statements {
		if _, err := connection.Exec(ctx, statement); err != nil {
			t.Fatalf("%v: %s", err, statement)
		}
	}
}

const month = 30 * 24 * 60 * 60

func fromGateway(source string) importer.Options {
	return importer.Options{Source: source, From: models.Gateway, RefreshLifetime: month, Command: "import_gateway"}
}

// imported imports, and gives the numbers of rows that were imported and skipped, by table.
func imported(t *testing.T, db storetest.DB, options importer.Options) (*importer.Outcome, map[string][2]int64) {
	t.Helper()
	outcome, err := importer.Import(t.Context(), db.Store, options)
	if err != nil {
		t.Fatalf("import: %v", err)
	}
	numbers := map[string][2]int64{}
	for _, table := range outcome.Report.Tables {
		numbers[table.Table] = [2]int64{table.Imported, table.Total()}
		if table.Read != table.Imported+table.Total() {
			t.Errorf("%s: read %d, imported %d, skipped %d", table.Table, table.Read, table.Imported, table.Total())
		}
	}
	return outcome, numbers
}

func must[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func TestGateway(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		source := sourceOf(t)
		outcome, numbers := imported(t, db, fromGateway(source))
		want := map[string][2]int64{"people": {6, 0}, "groups": {1, 0}, "dab_rbac_roleuserassignment": {3, 1}, "dab_oauth2_provider_oauth2application": {2, 0},
			"dab_oauth2_provider_oauth2accesstoken": {3, 0}, "dab_oauth2_provider_oauth2refreshtoken": {2, 0}}
		if diff := cmp.Diff(want, numbers); diff != "" {
			t.Errorf("imported and skipped (-want +got):\n%s", diff)
		}
		if outcome.Report.Level != "0005_hash_existing_tokens" {
			t.Errorf("the level is %q", outcome.Report.Level)
		}
		if diff := cmp.Diff([]int64{12}, outcome.Report.SecretsToRotate); diff != "" {
			t.Errorf("secrets to rotate (-want +got):\n%s", diff)
		}
		read := db.Read(t.Context())
		member := must[*models.User](t)(read.User(2))
		if !member.Has(7, models.RoleAdmin) || !member.Has(7, models.RoleMember) || len(member.Memberships) != 2 || member.Email != "member@example.com" {
			t.Errorf("the member is %+v", member)
		}
		for id, want := range map[int64]struct {
			superuser, auditor bool
			account, source    string
		}{1: {true, false, "", ""}, 3: {false, true, "", ""}, 4: {false, false, "ldap", "Directory of staff"}, 5: {false, false, "enterprise", "Identity provider"},
			6: {false, true, "", ""}} {
			user := must[*models.User](t)(read.User(id))
			if user.IsSuperuser != want.superuser || user.IsPlatformAuditor != want.auditor || user.ExternalAccount != want.account || user.ExternalSource != want.source {
				t.Errorf("user %d is %+v, want %+v", id, user, want)
			}
		}
		for _, secret := range []string{"plainTokenOfTheOldGateway00001", "digestedTokenOfTheGateway00022", "namedDigestTokenOfTheGateway23"} {
			token := must[*models.AccessToken](t)(read.AccessTokenByDigest(models.SecretOf(secret).Digest()))
			if token.Platform != models.Gateway || !token.OwnedBy(2) {
				t.Errorf("the token is %+v", token)
			}
			if token.ID == 21 && (!token.Expires.Equal(time.Date(3024, 5, 6, 7, 8, 9, 101112000, time.UTC)) || token.Hint != "plai") {
				t.Errorf("it expires %v, hint %q", token.Expires, token.Hint)
			}
		}
		used := must[*models.RefreshToken](t)(read.RefreshTokenByDigest(models.SecretOf("usedRefreshTokenOfTheGateway031").Digest()))
		live := must[*models.RefreshToken](t)(read.RefreshTokenByDigest(models.SecretOf("liveRefreshTokenOfTheGateway032").Digest()))
		if used.FamilyID != live.FamilyID || live.AccessToken.FamilyID != live.FamilyID || used.Reason != store.ReasonRotated || live.Revoked != nil {
			t.Errorf("the family is %+v and %+v", used, live)
		}
		portal := must[*models.Application](t)(read.Application(11))
		if len(portal.ClientSecrets) != 1 || !portal.ClientSecrets[0].Encoded.Usable() || portal.SecretMissing(db.Now()) {
			t.Errorf("the secrets are %+v", portal.ClientSecrets)
		}
		if _, numbers = imported(t, db, fromGateway(source)); numbers["people"] != [2]int64{0, 6} || numbers["dab_oauth2_provider_oauth2accesstoken"] != [2]int64{0, 3} {
			t.Errorf("the second time: %v", numbers)
		}
	})
}

// TestGatewayRefused: nothing is stored of what is no gateway.
func TestGatewayRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		for _, source := range []string{"", "sqlite:/nowhere", "postgres://127.0.0.1:1/nowhere?connect_timeout=2", storetest.PostgreSQL(t)} {
			if _, err := importer.Import(t.Context(), db.Store, fromGateway(source)); err == nil {
				t.Errorf("%q is taken for a gateway", source)
			}
		}
		if empty := must[bool](t)(db.Read(t.Context()).Empty(store.TableUsers)); !empty {
			t.Error("there are users")
		}
	})
}
