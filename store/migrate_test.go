package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gorm.io/gorm/schema"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// latest is the number of migrations that there are, for each database.
var latest = func() int {
	files, err := filepath.Glob("migrations/sqlite/*.sql")
	others, problem := filepath.Glob("migrations/postgres/*.sql")
	if err != nil || problem != nil || len(files) == 0 || len(files) != len(others) {
		panic(fmt.Sprint("migrations of SQLite and of PostgreSQL: ", files, others))
	}
	return len(files)
}()

func TestMigrateTogether(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		const servers = 8
		var together sync.WaitGroup
		applied, problems := make([][]int64, servers), make([]error, servers)
		for n := range servers {
			together.Go(func() {
				s, err := store.Open(t.Context(), store.Options{URL: address})
				if err != nil {
					problems[n] = err
					return
				}
				defer func() { _ = s.Close() }()
				if applied[n], problems[n] = s.Migrate(t.Context()); problems[n] == nil {
					problems[n] = s.Write(t.Context(), func(tx *store.Tx) error { return tx.SetSetting(fmt.Sprint(n), "migrated") })
				}
			})
		}
		together.Wait()
		check(t, errors.Join(problems...))
		var all []int64
		for _, each := range applied {
			all = append(all, each...)
		}
		if len(all) != latest {
			t.Errorf("applied %v, want each of %d once", applied, latest)
		}
	})
}

func TestMigrateTwice(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		s, err := store.Open(t.Context(), store.Options{URL: address})
		check(t, err)
		defer func() { _ = s.Close() }()
		if outdated, err := s.Outdated(t.Context()); err != nil || !outdated {
			t.Errorf("an empty database: outdated %v, %v", outdated, err)
		}
		for run, want := range []int{latest, 0} {
			applied, err := s.Migrate(t.Context())
			check(t, err)
			if len(applied) != want {
				t.Errorf("run %d applied %v", run, applied)
			}
			if outdated, err := s.Outdated(t.Context()); err != nil || outdated {
				t.Errorf("run %d: outdated %v, %v", run, outdated, err)
			}
			check(t, s.Write(t.Context(), func(tx *store.Tx) error { return tx.SetSetting("kept", "through both") }))
		}
	})
}

// A caller who gives up waiting for another's migration gets away, and the other is not disturbed.
func TestMigrateWaitsNoLongerThanItsCaller(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		s, err := store.Open(t.Context(), store.Options{URL: address})
		check(t, err)
		defer func() { _ = s.Close() }()
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if applied, err := s.Migrate(ended); err == nil || len(applied) > 0 {
			t.Errorf("applied %v, %v", applied, err)
		}
		applied, err := s.Migrate(t.Context())
		check(t, err)
		if len(applied) != latest {
			t.Errorf("applied %v after all", applied)
		}
	})
}

// While the next release migrates, this one goes on: a column that it does not know disturbs no statement, not even one that is prepared.
func TestColumnsOfALaterRelease(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		g := grow(t, db)
		use := func() {
			r := db.Read(t.Context())
			_, byID := r.User(g.user.ID)
			_, byName := r.UserByName(g.user.Username)
			_, listed := r.AccessTokens(store.Query{}, everything)
			_, presented := r.AccessTokenByDigest(g.access.Digest)
			_, application := r.ApplicationByClientID(g.application.ClientID)
			written := db.Write(t.Context(), func(tx *store.Tx) error {
				user, err := tx.LockUser(g.user.ID)
				check(t, err)
				token, err := tx.LockAccessToken(g.access.ID)
				check(t, err)
				return errors.Join(tx.UpdateUser(user), tx.UpdateAccessToken(token), putOne(tx, &models.AccessToken{}))
			})
			check(t, errors.Join(byID, byName, listed, presented, application, written))
		}
		for range 8 { // often enough for every connection to have prepared what it runs
			use()
		}
		for _, table := range []string{"users", "access_tokens", "refresh_tokens", "applications", "organization_users"} {
			write(t, db, func(tx *store.Tx) error { return tx.Exec("ALTER TABLE " + table + " ADD COLUMN later text") })
		}
		use()
	})
}

var tables = []any{
	models.User{}, models.Organization{}, models.Membership{}, models.Application{}, models.ClientSecret{}, models.AccessToken{}, models.ReplacedToken{}, models.RefreshToken{},
	models.AuthorizationCode{}, models.DeviceCode{}, models.Consent{}, models.Session{}, models.Activity{}, models.Setting{},
	models.LoginAttempt{}, models.KnownDevice{},
}

// Each field of the models has its column, each column its field, of the type that both databases keep alike, null where the field is a pointer.
func TestSchemaIsTheModels(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		for _, model := range tables {
			parsed, err := schema.Parse(model, &sync.Map{}, schema.NamingStrategy{})
			check(t, err)
			want := map[string]string{}
			for _, field := range parsed.Fields {
				if field.DBName != "" {
					want[field.DBName] = columnType(field)
				}
			}
			equal(t, parsed.Table, columns(t, db, parsed.Table), want)
		}
	})
}

func columnType(field *schema.Field) string {
	kind := map[string]string{"int": "integer", "int64": "integer", "string": "text", "bool": "boolean", "Time": "time", "Digest": "bytes", "Words": "text", "Changes": "text"}
	name := kind[field.IndirectFieldType.Name()]
	if name == "" {
		name = kind[field.IndirectFieldType.Kind().String()]
	}
	if field.FieldType.Kind().String() == "ptr" {
		name += " null"
	}
	return name
}

func columns(t testing.TB, db storetest.DB, table string) map[string]string {
	t.Helper()
	question := `SELECT name, type, "notnull" = 0 AND pk = 0 FROM pragma_table_info(?)`
	if db.Dialect() == store.PostgreSQL {
		question = "SELECT column_name, data_type, is_nullable = 'YES' FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1"
	}
	read, _ := db.Pools()
	rows, err := read.QueryContext(t.Context(), question, table)
	check(t, err)
	defer func() { _ = rows.Close() }()
	kinds := map[string]string{"bigint": "integer", "integer": "integer", "text": "text", "boolean": "boolean", "timestamp": "time",
		"timestamp with time zone": "time", "blob": "bytes", "bytea": "bytes"}
	found := map[string]string{}
	for rows.Next() {
		var name, kind string
		var null bool
		check(t, rows.Scan(&name, &kind, &null))
		if found[name] = kinds[strings.ToLower(kind)]; null {
			found[name] += " null"
		}
	}
	check(t, rows.Err())
	return found
}

// Both databases have the same indexes over the same columns.
func TestSchemasAreAlike(t *testing.T) {
	found := map[string]map[string]string{}
	var mu sync.Mutex
	t.Cleanup(func() { // after both
		if diff := cmp.Diff(found[store.SQLite], found[store.PostgreSQL]); diff != "" || len(found[store.SQLite]) < 15 {
			t.Errorf("indexes (-SQLite +PostgreSQL):\n%s", diff)
		}
	})
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		indexes := indexes(t, db)
		mu.Lock()
		defer mu.Unlock()
		found[db.Dialect()] = indexes
	})
}

// indexes maps the name of each index that a migration made to what it is made of.
func indexes(t testing.TB, db storetest.DB) map[string]string {
	t.Helper()
	question := "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
	if db.Dialect() == store.PostgreSQL {
		question = `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%\_key' AND indexname NOT LIKE '%\_pkey'`
	}
	read, _ := db.Pools()
	rows, err := read.QueryContext(t.Context(), question)
	check(t, err)
	defer func() { _ = rows.Close() }()
	simple := strings.NewReplacer(" USING btree", "", "public.", "", "::text", "", " AND ", " & ", "(", " ", ")", " ", ",", " , ")
	found := map[string]string{}
	for rows.Next() {
		var name, definition string
		check(t, rows.Scan(&name, &definition))
		found[name] = strings.Join(strings.Fields(simple.Replace(definition)), " ")
	}
	check(t, rows.Err())
	return found
}
