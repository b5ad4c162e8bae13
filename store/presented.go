package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"gatehouse/models"
)

// Tokens and clients that were presented are kept, so that one that comes again at once costs no reading (ADR 0031).
const (
	mostPresented = 10_000 // of each kind
	trusted       = time.Second
	mostAge       = time.Minute
)

// presented are the rows that were found by what callers present, each with what was known before it was read.
type presented struct {
	tokens  *otter.Cache[models.Digest, known[models.AccessToken]]
	clients *otter.Cache[string, known[models.Application]]
	file    dataVersion // on SQLite

	// On PostgreSQL what tokens hang on, by id: many have the same.
	users        *otter.Cache[int64, known[models.User]]
	applications *otter.Cache[int64, known[models.Application]]

	// Changes of access tokens, and of anything else that is kept, on PostgreSQL: by this process, and by others as far as news have come.
	tokenChanges changedTokens
	otherChanges atomic.Int64
	news         *news
	lastChange   atomic.Pointer[time.Time] // by this process
}

// note takes down what a transaction has touched.
func (p *presented) note(by touched) {
	if now := time.Now(); by.tokens || by.others || len(by.ids) > 0 {
		p.lastChange.Store(&now)
	}
	p.changed(by)
}

func (p *presented) changed(by touched) {
	switch {
	case by.tokens:
		p.tokenChanges.add(nil)
	case len(by.ids) > 0:
		p.tokenChanges.add(by.ids)
	}
	if by.others {
		p.otherChanges.Add(1)
	}
}

// AwaitOthers returns when no other server takes for valid any more what this process has taken away, or when ctx ends: on PostgreSQL a second
// after its last change of tokens, users or clients. A command that has ended has taken effect everywhere.
func (s *Store) AwaitOthers(ctx context.Context) {
	last := s.presented.lastChange.Load()
	if s.dialect == SQLite || last == nil {
		return
	}
	select {
	case <-time.After(time.Until(last.Add(trusted))):
	case <-ctx.Done():
	}
}

// known is a row and the moment from which it counts.
type known[T any] struct {
	row   T
	since moment
}

// moment is a state of the database, as far as it can be told without reading tables. On SQLite every change by anybody makes another version. On
// PostgreSQL a change by this process does, and one by another process when it is heard of, or else is overlooked for a second, not longer.
type moment struct {
	version int64     // that of all but tokens on PostgreSQL
	tokens  int64     // the number of their last change
	at      time.Time // zero on SQLite
	heard   time.Time // what was durable before this is known
}

// holds reports whether what was read at the moment or after it is still so now, but for changes of tokens. When a token was used, or its user signed in, is no change: it is
// told a minute later at most.
func (m moment) holds(now moment) bool {
	if m.version != now.version || m.at.IsZero() {
		return m.version == now.version
	}
	age := now.at.Sub(m.at)
	return age < trusted || now.at.Sub(now.heard) < trusted && age < mostAge
}

func newPresented() (*presented, error) {
	tokens, err := otter.New(&otter.Options[models.Digest, known[models.AccessToken]]{MaximumSize: mostPresented})
	if err != nil {
		return nil, err
	}
	clients, err := otter.New(&otter.Options[string, known[models.Application]]{MaximumSize: mostPresented})
	if err != nil {
		return nil, err
	}
	users, err := otter.New(&otter.Options[int64, known[models.User]]{MaximumSize: mostPresented})
	if err != nil {
		return nil, err
	}
	applications, err := otter.New(&otter.Options[int64, known[models.Application]]{MaximumSize: mostPresented})
	return &presented{tokens: tokens, clients: clients, users: users, applications: applications}, err
}

// moment is the present one. What is heard comes first: the changes that were heard of until then are in the numbers.
func (s *Store) moment(ctx context.Context) (moment, error) {
	p := s.presented
	if s.dialect == SQLite {
		version, err := p.file.read(ctx)
		return moment{version: version}, err
	}
	now := moment{at: time.Now(), heard: p.news.lastHeard()} // not the store's clock: it is compared with another server's changes
	p.news.refresh(now.at, func(others bool, ids []int64) {
		p.changed(touched{tokens: others && ids == nil, ids: ids, others: others})
	})
	now.version, now.tokens = p.otherChanges.Load(), p.tokenChanges.number()
	return now, nil
}

// PresentedToken is AccessTokenByDigest for requests that present the token: a change that this process was told is durable, and on SQLite any, is
// seen at once, that of another server within a second.
func (s *Store) PresentedToken(ctx context.Context, digest models.Digest) (*models.AccessToken, error) {
	now, err := s.moment(ctx)
	if found, ok := s.presented.tokens.GetIfPresent(digest); ok && err == nil && found.since.holds(now) &&
		s.presented.tokenChanges.spared(found.row.ID, found.since.tokens, now.tokens) {
		if found.since.tokens != now.tokens { // none of these has to be looked at again
			found.since.tokens = now.tokens
			s.presented.tokens.Set(digest, found)
		}
		return copyToken(&found.row), nil
	}
	r := s.Read(ctx)
	if err == nil && s.dialect == PostgreSQL {
		r.along = &along{s.presented, now, &now.at}
	}
	token, readErr := r.AccessTokenByDigest(digest)
	if err == nil && readErr == nil && token.Digest.Equal(digest) { // what a regenerated token had before ends by itself
		s.presented.tokens.Set(digest, known[models.AccessToken]{*copyToken(token), now})
	}
	return token, readErr
}

// along is what comes along with a token, as it was known at a moment.
type along struct {
	*presented
	now    moment
	oldest *time.Time // when the oldest of what was found was read: what is known of the token is as old as that
}

func (a *along) user(r Reader, id int64) (*models.User, error) {
	return foundBy(a, a.users, id, func() (*models.User, error) { return r.User(id) })
}

func (a *along) application(r Reader, id int64) (*models.Application, error) {
	return foundBy(a, a.applications, id, func() (*models.Application, error) { return applicationsAlone.one(r.db, "t.id = ?", id) })
}

// foundBy is the row that is kept, or else read and kept; a copy.
func foundBy[T any](a *along, kept *otter.Cache[int64, known[T]], id int64, read func() (*T, error)) (*T, error) {
	if found, ok := kept.GetIfPresent(id); ok && found.since.holds(a.now) {
		if found.since.at.Before(*a.oldest) {
			*a.oldest = found.since.at
		}
		return &found.row, nil
	}
	row, err := read()
	if err != nil {
		return nil, err
	}
	kept.Set(id, known[T]{*row, a.now})
	copied := *row
	return &copied, nil
}

// PresentedClient is Client for requests of the client, with what PresentedToken says of changes.
func (s *Store) PresentedClient(ctx context.Context, clientID string) (*models.Application, error) {
	now, err := s.moment(ctx)
	if found, ok := s.presented.clients.GetIfPresent(clientID); ok && err == nil && found.since.holds(now) {
		return copyApplication(&found.row), nil
	}
	client, readErr := s.Read(ctx).Client(clientID)
	if err == nil && readErr == nil {
		s.presented.clients.Set(clientID, known[models.Application]{*copyApplication(client), now})
	}
	return client, readErr
}

// copyToken keeps what one request does with its token from another's. Lists within are replaced by whoever changes them, never changed.
func copyToken(t *models.AccessToken) *models.AccessToken {
	copied := *t
	copied.User, copied.Application = copyUser(t.User), copyApplication(t.Application)
	return &copied
}

func copyApplication(a *models.Application) *models.Application {
	if a == nil {
		return nil
	}
	copied := *a
	copied.User = copyUser(a.User)
	return &copied
}

func copyUser(u *models.User) *models.User {
	if u == nil {
		return nil
	}
	copied := *u
	return &copied
}

// dataVersion tells whether anybody has changed a SQLite file, by a connection that changes nothing itself.
type dataVersion struct {
	mu         sync.Mutex
	db         *sql.DB
	connection *sql.Conn // made when it is first asked, and anew after a failure
	statement  *sql.Stmt
	failures   int64
}

func (d *dataVersion) open(dsn string) { d.db = sql.OpenDB(sqliteConnector(dsn)) }

// read does not end with the request, which would cost the connection.
func (d *dataVersion) read(ctx context.Context) (int64, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	version, err := d.ask(context.WithoutCancel(ctx))
	if err != nil {
		if d.connection != nil {
			_ = d.connection.Close() // it is of no use any more
		}
		d.connection, d.statement = nil, nil
		d.failures++ // another connection counts from the beginning
		return 0, fmt.Errorf("data version: %w", err)
	}
	return d.failures<<32 + version, nil
}

func (d *dataVersion) ask(ctx context.Context) (version int64, err error) {
	if d.connection == nil {
		if d.connection, err = d.db.Conn(ctx); err != nil {
			return 0, err
		}
	}
	if d.statement == nil {
		if d.statement, err = d.connection.PrepareContext(ctx, "PRAGMA data_version"); err != nil {
			return 0, err
		}
	}
	err = d.statement.QueryRowContext(ctx).Scan(&version)
	return version, err
}

func (d *dataVersion) close() error {
	if d.db == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.connection != nil {
		_ = d.connection.Close() // twice is no fault
	}
	return d.db.Close()
}
