package importer_test

import (
	"strings"
	"testing"

	"gatehouse/importer"
	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// last is the import that revokes what was revoked at the source.
func last(source string) importer.Options {
	options := fromGateway(source)
	options.Revoke, options.Last = true, true
	return options
}

// refused imports what must not be, and looks for the words.
func refused(t *testing.T, db storetest.DB, options importer.Options, words string) *importer.Outcome {
	t.Helper()
	outcome, err := importer.Import(t.Context(), db.Store, options)
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("got %v, want an error that says %q", err, words)
	}
	return outcome
}

func write(t *testing.T, db storetest.DB, change func(*store.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), change); err != nil {
		t.Fatal(err)
	}
}

// skipped are the numbers of rows of a table that were skipped, by reason.
func skipped(outcome *importer.Outcome, table string) map[string]int64 {
	for _, each := range outcome.Report.Tables {
		if each.Table == table {
			return each.Skipped
		}
	}
	return nil
}

// others makes the source that of another site: the same ids, other people.
const others = "UPDATE people SET username = 'other-' || username, date_joined = date_joined + interval '1 hour'"

// TestHostileOtherSource: a database whose users have the same ids is not the same for that: nothing of it gets into the hands of the people
// here, and nothing is revoked.
func TestHostileOtherSource(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		source := sourceOf(t)
		imported(t, db, fromGateway(source))
		change(t, source, others, "DELETE FROM dab_oauth2_provider_oauth2accesstoken WHERE id = 21")
		outcome := refused(t, db, last(source), "another database")
		if len(outcome.Revoked.AccessTokens) != 0 {
			t.Errorf("revoked %v", outcome.Revoked.AccessTokens)
		}
	})
}

// TestHostileUserWithTheSameID: after the source was set back, an id is given to another person. That person's tokens are nobody's here. Who was
// renamed is the same.
func TestHostileUserWithTheSameID(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		source := sourceOf(t)
		imported(t, db, fromGateway(source))
		change(t, source, others+" WHERE id = 1", "UPDATE people SET username = 'renamed' WHERE id = 2",
			`INSERT INTO dab_oauth2_provider_oauth2accesstoken VALUES (24, now(), now(), '', NULL, 'write', 1, NULL, '3024-01-01Z', 'tokenOfAnotherPerson0000000001', NULL),
				(25, now(), now(), '', NULL, 'write', 2, NULL, '3024-01-01Z', 'tokenOfARenamedPerson000000001', NULL)`)
		outcome, numbers := imported(t, db, fromGateway(source))
		if numbers["dab_oauth2_provider_oauth2accesstoken"][0] != 1 || skipped(outcome, "people")["another user than before"] != 1 {
			t.Errorf("imported %v, skipped %v", numbers, skipped(outcome, "people"))
		}
		if reasons := skipped(outcome, "dab_oauth2_provider_oauth2accesstoken"); reasons["user is another than before"] != 1 {
			t.Errorf("tokens skipped %v", reasons)
		}
	})
}

// TestHostileTokenWithTheSameID: where another token has the id of one that was imported, that one is gone at the source, and the other is not
// taken for it.
func TestHostileTokenWithTheSameID(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		source := sourceOf(t)
		imported(t, db, fromGateway(source))
		change(t, source, "UPDATE dab_oauth2_provider_oauth2accesstoken SET token = 'anotherTokenWithTheSameId00001' WHERE id = 21",
			"UPDATE dab_oauth2_provider_oauth2refreshtoken SET token = 'anotherRefreshTokenOfThatId001' WHERE id = 32")
		outcome, _ := imported(t, db, last(source))
		if len(outcome.Revoked.AccessTokens) != 1 || outcome.Revoked.AccessTokens[0] != 21 || len(outcome.Revoked.RefreshTokens) != 1 {
			t.Errorf("revoked %+v", outcome.Revoked)
		}
	})
}

// TestHostileIDGivenTwice: the end of the import of one source gives no id again that was imported from another and deleted here.
func TestHostileIDGivenTwice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		if err := db.Import(t.Context(), func(tx *store.Import) error {
			return tx.Remember([]models.ImportRow{{SourceTable: "auth_user", SourceID: 40, ID: 40}, {SourceTable: "main_oauth2accesstoken", SourceID: 50, ID: 50}})
		}); err != nil {
			t.Fatal(err)
		}
		imported(t, db, last(sourceOf(t)))
		user := &models.User{Username: "new"}
		write(t, db, func(tx *store.Tx) error { return tx.CreateUser(user) })
		if user.ID != 41 {
			t.Errorf("the next user has the id %d", user.ID)
		}
	})
}

// TestHostileNameOfASuperuser: a user of the source gets no superuser's rights by having that name, nor what another user of the source became here.
func TestHostileNameOfASuperuser(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		source := sourceOf(t)
		root := &models.User{Username: "root", IsSuperuser: true, IsActive: true}
		write(t, db, func(tx *store.Tx) error { return tx.CreateUser(root) })
		options := fromGateway(source)
		options.Renumber = true
		imported(t, db, options)
		change(t, source, "INSERT INTO people VALUES (405, 'root', '!', NULL, false, '', '', '', true, now(), false)")
		outcome := refused(t, db, options, "nothing was imported")
		if len(outcome.Report.Conflicts) != 1 || !strings.Contains(outcome.Report.Conflicts[0].Problem, "superuser") {
			t.Errorf("conflicts %+v", outcome.Report.Conflicts)
		}
		change(t, source, "UPDATE people SET username = 'somebody' WHERE id = 2", "UPDATE people SET username = 'member' WHERE id = 405")
		outcome = refused(t, db, options, "nothing was imported")
		if len(outcome.Report.Conflicts) != 1 || !strings.Contains(outcome.Report.Conflicts[0].Problem, "imported as the one with id 2 of the source") {
			t.Errorf("conflicts %+v", outcome.Report.Conflicts)
		}
		change(t, source, "UPDATE people SET username = 'root', is_superuser = true WHERE id = 405")
		imported(t, db, options)
	})
}

// TestHostileRolesOfWhoWasHere: a user and an organization that were here before stay as they are to each other, whatever the source says; in what
// comes along they get their roles. The same role in two rows, and one in an organization that was deleted here, are no reason to fail.
func TestHostileRolesOfWhoWasHere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		source := sourceOf(t, "INSERT INTO groups VALUES (1, 'Here', ''), (8, 'There', '')",
			"INSERT INTO dab_rbac_roleuserassignment VALUES (11, 1, 1, '1'), (12, 1, 1, '8'), (13, 1, 1, '8'), (14, 2, 1, '1')")
		here := &models.User{Username: "administrator", IsActive: true}
		organization := &models.Organization{Name: "Here"}
		write(t, db, func(tx *store.Tx) error {
			if err := tx.CreateUser(here); err != nil {
				return err
			}
			return tx.CreateOrganization(organization)
		})
		outcome, _ := imported(t, db, fromGateway(source))
		if reasons := skipped(outcome, "dab_rbac_roleuserassignment"); reasons["user kept as here"] != 1 || reasons["exists here"] != 1 {
			t.Errorf("skipped %v", reasons)
		}
		user := must[*models.User](t)(db.Read(t.Context()).User(1))
		if user.Has(organization.ID, models.RoleAdmin) || !user.Has(8, models.RoleAdmin) {
			t.Errorf("the roles of who was here: %+v", user.Memberships)
		}
		if came := must[*models.User](t)(db.Read(t.Context()).User(2)); !came.Has(organization.ID, models.RoleAdmin) {
			t.Errorf("the roles of who came: %+v", came.Memberships)
		}
		write(t, db, func(tx *store.Tx) error { return tx.DeleteOrganization(8) })
		change(t, source, "INSERT INTO dab_rbac_roleuserassignment VALUES (15, 2, 1, '8')")
		outcome, _ = imported(t, db, fromGateway(source))
		if reasons := skipped(outcome, "dab_rbac_roleuserassignment"); reasons["organization removed here"] != 1 {
			t.Errorf("skipped %v", reasons)
		}
	})
}

// TestHostileDeletedThere: who was deleted at the source is disabled here, once: who is enabled here afterwards stays so.
func TestHostileDeletedThere(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		source := sourceOf(t)
		imported(t, db, fromGateway(source))
		change(t, source, "DELETE FROM dab_authentication_authenticatoruser", "DELETE FROM people WHERE id = 4")
		imported(t, db, fromGateway(source))
		active := func() bool { return must[*models.User](t)(db.Read(t.Context()).User(4)).IsActive }
		if !active() {
			t.Error("disabled by an import that revokes nothing")
		}
		imported(t, db, last(source))
		if active() {
			t.Error("deleted at the source and active here")
		}
		write(t, db, func(tx *store.Tx) error {
			user, err := tx.User(4)
			if err != nil {
				return err
			}
			user.IsActive = true
			return tx.UpdateUser(user)
		})
		imported(t, db, last(source))
		if !active() {
			t.Error("disabled again")
		}
	})
}

// TestHostileEmptySource: that the source has no token at all revokes few at once, not very many; what it wants to be done then lets it go on.
func TestHostileEmptySource(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		source := sourceOf(t, `INSERT INTO dab_oauth2_provider_oauth2accesstoken
			SELECT 100 + n, now(), now(), '', NULL, 'write', 2, NULL, '3024-01-01Z', 'tokenOfMany' || n, NULL FROM generate_series(1, 30) AS n`)
		imported(t, db, fromGateway(source))
		change(t, source, "DELETE FROM dab_oauth2_provider_oauth2refreshtoken", "DELETE FROM dab_oauth2_provider_oauth2accesstoken")
		outcome := refused(t, db, last(source), "no tokens at all")
		if len(outcome.Revoked.AccessTokens) != 0 {
			t.Errorf("revoked %v", outcome.Revoked.AccessTokens)
		}
		imported(t, db, fromGateway(source))
		change(t, source, `INSERT INTO dab_oauth2_provider_oauth2refreshtoken VALUES (33, now(), now(), 11, now(), 'revokedWithAllOthers0000000001', 2, NULL)`)
		if outcome, _ := imported(t, db, last(source)); len(outcome.Revoked.AccessTokens) != 33 {
			t.Errorf("revoked %d", len(outcome.Revoked.AccessTokens))
		}
	})
}

// TestHostilePassword: a digest in the form of those that are made here, with parameters that cost nothing, is another system's all the same.
func TestHostilePassword(t *testing.T) {
	const weak = "$argon2id$v=19$m=8,t=1,p=1$SXpUSDlGZzg0VmUzNGcydDIwS0dJeQ$oL/RRgA5mR2IWGhaYh+hng"
	source := sourceOf(t, "UPDATE people SET password = '"+weak+"' WHERE id = 2")
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		imported(t, db, fromGateway(source))
		if user := must[*models.User](t)(db.Read(t.Context()).User(2)); !user.Password.Foreign() || string(user.Password) != "argon2"+weak {
			t.Errorf("the password is %q, foreign: %t", string(user.Password), user.Password.Foreign())
		}
	})
}
