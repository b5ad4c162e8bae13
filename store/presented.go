package store

import (
	"context"
	"errors"
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

	// What tokens hang on, by id: many have the same.
	users        *otter.Cache[int64, known[models.User]]
	applications *otter.Cache[int64, known[models.Application]]

	// Changes of access tokens, and of anything else that is kept: by this process, and on PostgreSQL by others as far as news have come.
	tokenChanges changedTokens
	otherChanges atomic.Int64
	news         *news                     // on PostgreSQL
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
	case by.tokens || len(by.ids) > mostChanges: // of many it takes too long to look for one
		p.tokenChanges.add(nil)
	case len(by.ids) > 0:
		p.tokenChanges.add(by.ids)
	}
	if by.others {
		p.otherChanges.Add(1)
	}
}

// writing says that this process writes, until ended is called. On SQLite what has changed then is known to be its own doing.
func (s *Store) writing(ctx context.Context) (ended func()) {
	if s.dialect != SQLite {
		return func() {}
	}
	file := &s.presented.file
	file.begins()
	return func() {
		ctx := context.WithoutCancel(ctx)
		file.ended(ctx, func() (is writersVersion, err error) {
			db, err := s.write.DB()
			if err != nil {
				return is, err
			}
			connection, err := db.Conn(ctx)
			if err != nil {
				return is, err
			}
			defer func() { _ = connection.Close() }()
			err = connection.Raw(func(of any) error { is.connection = of; return nil })
			return is, errors.Join(err, connection.QueryRowContext(ctx, "PRAGMA data_version").Scan(&is.version))
		})
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

// moment is a state of the database, as far as it can be told without reading tables. A change by this process makes another one; one by another process does on SQLite, and on
// PostgreSQL when it is heard of, or else is overlooked for a second, not longer.
type moment struct {
	unknown bool // which it is: nothing that is kept holds, and nothing is to be kept
	epoch   int64
	version int64 // that of all but tokens
	tokens  int64 // the number of their last change
	at      time.Time
	heard   time.Time // what was durable before this is known
}

// holds reports whether what was read at the moment or after it is still so now, but for changes of tokens. When a token was used, or its user signed in, is no change: it is
// told a minute later at most.
func (m moment) holds(now moment) bool {
	if now.unknown || m.epoch != now.epoch || m.version != now.version {
		return false
	}
	age := passed(m.at, now.at)
	return age < trusted || passed(now.heard, now.at) < trusted && age < mostAge
}

// passed is how long ago something was, by the clock that goes on while the machine sleeps or by that which nobody sets, whichever says longer.
func passed(since, now time.Time) time.Duration {
	return max(now.Sub(since), now.Round(0).Sub(since.Round(0)))
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

// moment is the present one. What others did comes first: the changes that are known until then are in the numbers.
func (s *Store) moment(ctx context.Context) (now moment, err error) {
	p := s.presented
	now.at = time.Now() // not the store's clock: it is compared with another server's changes
	if s.dialect == SQLite {
		now.heard = now.at
		now.epoch, now.unknown, err = p.file.read(ctx)
	} else {
		p.news.refresh(now.at, func(others bool, ids []int64) {
			p.changed(touched{tokens: others && ids == nil, ids: ids, others: others})
		})
		now.heard = p.news.lastHeard()
	}
	now.version, now.tokens = p.otherChanges.Load(), p.tokenChanges.number()
	return now, err
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
	sure := err == nil && !now.unknown
	if sure {
		r.along = &along{s.presented, now, &now.at}
	}
	token, readErr := r.AccessTokenByDigest(digest)
	if sure && readErr == nil && token.Digest.Equal(digest) { // what a regenerated token had before ends by itself
		s.presented.tokens.Set(digest, known[models.AccessToken]{*copyToken(token), now})
	}
	return token, readErr
}

// ReadAlong is Read for a request about one thing. On SQLite, which tells of any change at once, what that hangs on may be as it was when it was read before.
func (s *Store) ReadAlong(ctx context.Context) Reader {
	r := s.Read(ctx)
	if s.dialect != SQLite {
		return r
	}
	if now, err := s.moment(ctx); err == nil && !now.unknown {
		r.along = &along{s.presented, now, &now.at}
	}
	return r
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
	if err == nil && !now.unknown && readErr == nil {
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
