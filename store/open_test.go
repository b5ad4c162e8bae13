package store_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// open opens and migrates a database that the test names itself.
func open(t testing.TB, address string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{URL: address})
	check(t, err)
	t.Cleanup(func() { _ = s.Close() })
	_, err = s.Migrate(t.Context())
	check(t, err)
	return s
}

func TestSQLitePaths(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"plain.db", "with space.db", "per%cent%20.db", "question?mark.db", "hash#tag.db", "am&per=sand.db", "колодец-井戸.db",
		"quote'.db", ":memory:", "deep/er/still.db", "a:b.db", "plus+.db",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name)
			s := open(t, "sqlite:"+path)
			if s.Path() != path || s.Dialect() != store.SQLite {
				t.Errorf("path %q, dialect %q, want %q", s.Path(), s.Dialect(), path)
			}
			check(t, s.Write(t.Context(), func(tx *store.Tx) error { return tx.SetSetting("a", "b") }))
			if value, err := s.Read(t.Context()).Setting("a"); err != nil || value != "b" {
				t.Errorf("setting %q, %v: the reading connections are not on the same file", value, err)
			}
			if info, err := os.Stat(path); err != nil || info.Size() == 0 {
				t.Errorf("%s: %v, %v", path, info, err)
			}
		})
	}
}

// The folder of the process is the same for all tests, so this one does not run beside them.
func TestSQLiteURLForms(t *testing.T) {
	t.Chdir(t.TempDir())
	folder := t.TempDir()
	for address, want := range map[string]string{
		"sqlite:one.db": "one.db", "sqlite://two.db": "two.db", "sqlite:data/three.db": "data/three.db", "sqlite:./four.db": "four.db",
		"sqlite:" + folder + "/five.db": folder + "/five.db", "sqlite://" + folder + "/six.db": folder + "/six.db",
		"sqlite:////" + folder + "//seven.db": folder + "/seven.db",
	} {
		s := open(t, address)
		if _, err := os.Stat(want); err != nil {
			t.Errorf("%s: %v", address, err)
		}
		if !filepath.IsAbs(s.Path()) {
			t.Errorf("%s: path %q would mean another file in another folder", address, s.Path())
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	garbage, short := filepath.Join(folder, "garbage.db"), filepath.Join(folder, "file")
	check(t, os.WriteFile(garbage, []byte(strings.Repeat("this is no database\n", 500)), 0o600))
	check(t, os.WriteFile(short, nil, 0o600))
	for _, test := range []struct {
		name, url string
		want      error // nil: any
	}{
		{"nothing", "", nil},
		{"another kind", "mysql://root:secret-word@127.0.0.1/x", nil},
		{"no file named", "sqlite:", nil},
		{"a folder", "sqlite:" + folder, nil},
		{"below a file", "sqlite:" + short + "/x.db", nil},
		{"NUL", "sqlite:" + folder + "/a\x00b.db", nil},
		{"no database", "sqlite:" + garbage, store.ErrUnavailable},
		{"a folder that takes no file", "sqlite:/proc/gatehouse.db", nil},
		{"closed port", "postgres://postgres:secret-word@127.0.0.1:1/x?sslmode=disable", store.ErrUnavailable},
		{"bad port", "postgres://postgres:secret-word@127.0.0.1:port/x", nil},
		{"bad option", "postgres://postgres:secret-word@127.0.0.1/x?sslmode=perhaps", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, err := store.Open(t.Context(), store.Options{URL: test.url})
			if err == nil {
				_ = s.Close()
				t.Fatal("opened")
			}
			if test.want != nil && !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			if strings.Contains(err.Error(), "secret-word") || strings.Contains(err.Error(), "\n") {
				t.Errorf("the error is not one clear line without the password: %v", err)
			}
		})
	}
}

func TestOpenAsksThatDatabaseAnswers(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := store.Open(ended, store.Options{URL: address}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the caller's end", err)
		}
	})
}

// Each connection of each pool, since such settings hold for one connection only.
func TestSQLiteSettingsOnEachConnection(t *testing.T) {
	t.Parallel()
	s := open(t, "sqlite:"+filepath.Join(t.TempDir(), "x.db"))
	read, write := s.Pools()
	if most := write.Stats().MaxOpenConnections; most != 1 {
		t.Errorf("%d writing connections", most)
	}
	for name, pool := range map[string]*sql.DB{"read": read, "write": write} {
		for n := range pool.Stats().MaxOpenConnections {
			connection, err := pool.Conn(t.Context()) // kept, so that the next one is another
			check(t, err)
			t.Cleanup(func() { _ = connection.Close() })
			for pragma, want := range map[string]string{
				"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "10000", "query_only": map[string]string{"read": "1", "write": "0"}[name],
			} {
				var got string
				check(t, connection.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
				if got != want {
					t.Errorf("%s connection %d: %s is %s, want %s", name, n, pragma, got, want)
				}
			}
		}
	}
}

func TestSQLiteFilesArePrivate(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, test := range []struct {
		name    string
		prepare func(path string) error
	}{
		{"new", func(string) error { return nil }},
		{"made by hand for all to read", func(path string) error { return errors.Join(os.WriteFile(path, nil, 0o644), os.Chmod(path, 0o644)) }},
		{"in a new folder", func(string) error { return nil }},
		{"with a log left behind", func(path string) error {
			return errors.Join(os.WriteFile(path+"-wal", nil, 0o644), os.Chmod(path+"-wal", 0o666))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(folder, test.name+".db")
			if strings.Contains(test.name, "folder") {
				path = filepath.Join(folder, "made", "deeper", "x.db")
			}
			check(t, test.prepare(path))
			s := open(t, "sqlite:"+path)
			check(t, s.Write(t.Context(), func(tx *store.Tx) error { return tx.SetSetting("a", "b") }))
			files, err := filepath.Glob(path + "*")
			check(t, err)
			if len(files) < 4 { // the database, its log and shared memory, the lock
				t.Errorf("found %v", files)
			}
			for _, file := range files {
				info, err := os.Stat(file)
				check(t, err)
				if info.Mode().Perm() != 0o600 {
					t.Errorf("%s is %v", file, info.Mode())
				}
			}
			if parent := filepath.Dir(path); parent != folder {
				info, err := os.Stat(parent)
				check(t, err)
				if info.Mode().Perm() != 0o700 {
					t.Errorf("%s is %v", parent, info.Mode())
				}
			}
		})
	}
}

// Times come back as they went in: UTC, whole microseconds, far beyond a Duration's reach, whatever zone they were given in.
func TestTimes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		zone := time.FixedZone("elsewhere", 5*3600+1800)
		for _, want := range []time.Time{
			time.Date(3024, 1, 2, 3, 4, 5, 678901000, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC),
			time.Date(1969, 12, 31, 23, 59, 59, 999999000, time.UTC), time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC),
			time.Date(2026, 3, 29, 2, 30, 0, 1000, time.UTC), // an hour that many zones leave out
		} {
			token := &models.AccessToken{Expires: want.In(zone), LastUsed: ref(want.In(zone))}
			put(t, db, token)
			for name, load := range map[string]func(store.Reader) (*models.AccessToken, error){
				"reading": func(r store.Reader) (*models.AccessToken, error) { return r.AccessToken(token.ID) },
				"in a transaction": func(store.Reader) (got *models.AccessToken, err error) {
					err = db.Write(t.Context(), func(tx *store.Tx) error { got, err = tx.LockAccessToken(token.ID); return err })
					return got, err
				},
			} {
				got, err := load(db.Read(t.Context()))
				check(t, err)
				for _, each := range []time.Time{got.Expires, *got.LastUsed, got.Created} {
					if each.Location() != time.UTC {
						t.Errorf("%s: %v is not in UTC", name, each)
					}
				}
				if !got.Expires.Equal(want) || !got.LastUsed.Equal(want) {
					t.Errorf("%s: expires %v, last used %v, want %v", name, got.Expires, got.LastUsed, want)
				}
			}
		}
	})
}

// The store's clock has the precision that both databases keep.
func TestNow(t *testing.T) {
	t.Parallel()
	odd := time.Date(2026, 3, 1, 14, 0, 0, 123456789, time.FixedZone("elsewhere", 7200))
	s, err := store.Open(t.Context(), store.Options{URL: "sqlite:" + filepath.Join(t.TempDir(), "x.db"), Clock: func() time.Time { return odd }})
	check(t, err)
	defer func() { _ = s.Close() }()
	want := time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)
	if got := s.Now(); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := s.Read(t.Context()).Now(); got != want {
		t.Errorf("a reading at %v, want %v", got, want)
	}
}

// TestPageCache: the connection that writes to SQLite keeps as many pages as are asked for, and no other does.
func TestPageCache(t *testing.T) {
	s, err := store.Open(t.Context(), store.Options{URL: "sqlite:" + filepath.Join(t.TempDir(), "gatehouse.db"), PageCache: 64 << 20})
	check(t, err)
	defer func() { check(t, s.Close()) }()
	read, write := s.Pools()
	for _, each := range []struct {
		pool *sql.DB
		want int
	}{{write, -65536}, {read, -16000}} {
		var got int
		check(t, each.pool.QueryRowContext(t.Context(), "PRAGMA cache_size").Scan(&got))
		if got != each.want {
			t.Errorf("cache_size is %d, want %d", got, each.want)
		}
	}
}
