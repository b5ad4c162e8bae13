package manage

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"gatehouse/server"
	"gatehouse/store"
)

// openTimeout bounds the first contact with the database.
const openTimeout = 15 * time.Second

// open opens the database that the settings name. A command that needs one to be there does not make it.
func open(ctx context.Context, s *settings, create bool, pageCache int64) (*store.Store, error) {
	if path, ok := sqlitePath(s.databaseURL); ok && !create {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no database at %s. Make it with `gatehouse migrate`, or set %s", path, keyDatabaseURL)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	db, err := store.Open(ctx, store.Options{URL: s.databaseURL, PageCache: pageCache})
	if err != nil {
		return nil, fmt.Errorf("cannot open the database %s: %w", redactURL(s.databaseURL), err)
	}
	return db, nil
}

// use opens the database as it is, whether a server runs on it or not, and lets work use the operations on it. A schema of an earlier
// release is refused.
func (p *program) use(command *cobra.Command, work func(ctx context.Context, s *server.Server, actor server.Actor) error) error {
	return p.withDatabase(command, false, func(ctx context.Context, set *settings, db *store.Store) error {
		if err := upToDate(ctx, db); err != nil {
			return err
		}
		s, err := newServer(set, db)
		if err != nil {
			return err
		}
		return work(ctx, s, server.Command(command.Name()))
	})
}

// upToDate refuses a schema of an earlier release, or none.
func upToDate(ctx context.Context, db *store.Store) error {
	old, err := db.Outdated(ctx)
	if err != nil {
		return fmt.Errorf("cannot read the database's schema: %w", err)
	}
	if old {
		return errors.New("the database is not up to date. Run `gatehouse migrate` first, or start the server")
	}
	return nil
}

// withDatabase reads the settings and opens the database for the time of work, and until what it did counts at every server.
func (p *program) withDatabase(command *cobra.Command, create bool, work func(context.Context, *settings, *store.Store) error) error {
	set, err := loadSettings(p.environment)
	if err != nil {
		return err
	}
	return withOpen(command.Context(), set, create, commandCache(), func(ctx context.Context, db *store.Store) error {
		err := work(ctx, set, db)
		db.AwaitOthers(ctx)
		return err
	})
}

// commandCache is what a command, which may go over all there is and is gone then, keeps of a SQLite file: an eighth of a gigabyte, and no more than a quarter of what GOMEMLIMIT allows.
func commandCache() int64 { return min(128<<20, debug.SetMemoryLimit(-1)/4) }

func withOpen(ctx context.Context, set *settings, create bool, pageCache int64, work func(context.Context, *store.Store) error) error {
	db, err := open(ctx, set, create, pageCache)
	if err != nil {
		return err
	}
	return errors.Join(work(ctx, db), db.Close())
}

func newServer(set *settings, db *store.Store) (*server.Server, error) {
	options := set.server
	options.Store = db
	return server.New(options)
}
