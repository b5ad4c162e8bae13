package importer_test

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// TestHostileRows: what would break what shows it here is refused in words that name the row, and nothing is stored.
func TestHostileRows(t *testing.T) {
	for name, test := range map[string]struct{ statement, says string }{
		"id zero":           {"INSERT INTO people VALUES (0, 'nobody', '!', NULL, false, '', '', '', true, now(), false)", "the id 0"},
		"negative id":       {"UPDATE dab_oauth2_provider_oauth2accesstoken SET id = -1 WHERE id = 21", "the id -1"},
		"year 10000":        {"UPDATE dab_oauth2_provider_oauth2accesstoken SET expires = '10000-01-01Z' WHERE id = 21", "the id 21: its Expires"},
		"before the year 1": {"UPDATE people SET last_login = '0044-03-15Z BC' WHERE id = 2", "the id 2: its LastLogin"},
		"no end":            {"UPDATE dab_oauth2_provider_oauth2refreshtoken SET created = '-infinity' WHERE id = 32", "Infinity"},
		"a null":            {"UPDATE people SET is_superuser = NULL WHERE id = 2", "is_superuser"},
		"more than 2^53":    {"UPDATE dab_oauth2_provider_oauth2accesstoken SET id = 9007199254740992 WHERE id = 21", "leaves none"},
		"a column of bytes": {"ALTER TABLE people ALTER COLUMN username TYPE bytea USING username::bytea", "username"},
	} {
		t.Run(name, func(t *testing.T) {
			source := sourceOf(t, test.statement)
			storetest.Each(t, func(t *testing.T, db storetest.DB) {
				refused(t, db, fromGateway(source), test.says)
				if !must[bool](t)(db.Read(t.Context()).Empty(store.TableUsers)) {
					t.Error("users were stored")
				}
			})
		})
	}
}

// encoded makes a database that keeps text in another encoding.
func encoded(t *testing.T, encoding string) string {
	t.Helper()
	source, server := storetest.PostgreSQL(t), os.Getenv("TEST_POSTGRES_DSN")
	name := source[strings.LastIndex(source, "/")+1:]
	name, _, _ = strings.Cut(name, "?")
	change(t, server, "DROP DATABASE "+name, fmt.Sprintf("CREATE DATABASE %s ENCODING %s LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0", name, encoding))
	statements := must[[]byte](t)(os.ReadFile("testdata/gateway.sql"))
	change(t, source, string(statements))
	return source
}

// TestHostileEncoding: text comes as UTF-8 from a database that keeps another encoding; what has none and is no UTF-8 is refused.
func TestHostileEncoding(t *testing.T) {
	latin, none := encoded(t, "LATIN1"), encoded(t, "SQL_ASCII")
	change(t, latin, "UPDATE people SET first_name = U&'Zo\\00EB' WHERE id = 2")
	change(t, none, `UPDATE people SET first_name = E'Zo\xEB' WHERE id = 2`)
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		refused(t, db, fromGateway(none), "table people: ERROR: invalid byte sequence")
		imported(t, db, fromGateway(latin))
		if user := must[*models.User](t)(db.Read(t.Context()).User(2)); user.FirstName != "Zoë" {
			t.Errorf("the name is %q", user.FirstName)
		}
	})
}

// TestHostileRights: a role that may not read a table, or not all of its rows, is told so; it is not as if there were nothing.
func TestHostileRights(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		reader := "reader_" + strings.ToLower(models.RandomText(12))
		source := sourceOf(t, "CREATE ROLE "+reader, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO "+reader)
		t.Cleanup(func() { change(t, source, "DROP OWNED BY "+reader, "DROP ROLE "+reader) })
		address := must[*url.URL](t)(url.Parse(source))
		query := address.Query()
		query.Set("role", reader)
		address.RawQuery = query.Encode()
		change(t, source, "REVOKE SELECT ON dab_rbac_roleuserassignment FROM "+reader)
		refused(t, db, fromGateway(address.String()), "permission denied for table dab_rbac_roleuserassignment")
		change(t, source, "GRANT SELECT ON dab_rbac_roleuserassignment TO "+reader, "ALTER TABLE people ENABLE ROW LEVEL SECURITY")
		refused(t, db, fromGateway(address.String()), "row-level security")
		change(t, source, "ALTER TABLE people DISABLE ROW LEVEL SECURITY")
		imported(t, db, fromGateway(address.String()))
	})
}
