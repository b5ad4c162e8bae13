package store

import (
	"context"
	"errors"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"

	"gatehouse/models"
)

// Issue is Write for a change that does nothing but add access tokens of the application for the user, nil for none, and entries, and reads nothing
// that it added. On PostgreSQL it is one statement, which those that come while another is made durable share (ADR 0034); on SQLite changes share their
// commits anyway.
func (s *Store) Issue(ctx context.Context, applicationID, userID *int64, change func(*Tx) error) error {
	if s.dialect == SQLite || ctx.Value(rehearsalKey{}) != nil {
		return s.Write(ctx, change)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	p := &pending{ctx: ctx, change: change, holds: subjects{applications: some(applicationID), users: some(userID)}}
	err := s.writeWith(&s.issues, p, s.issueTogether)
	if errors.Is(err, errByItself) {
		return s.writeAlone(ctx, change)
	}
	return err
}

// errByItself sends a change back to its caller, to wait for a lock or to learn what is wrong with it, in a transaction of its own.
var errByItself = errors.New("to be tried by itself")

// additions are what changes add, to be stored at their end.
type additions struct {
	ids     *freeIDs
	tokens  []*models.AccessToken
	entries []models.Activity
}

// addAll stores tokens and entries if nobody claims what they hang on, or waits to, and tells whether. PostgreSQL commits it by itself.
var addAll = `WITH held AS MATERIALIZED (SELECT COALESCE(bool_and(pg_try_advisory_xact_lock_shared(stripe)), true) AS all_of_it FROM unnest($1::bigint[]) AS stripe),
	added AS (INSERT INTO access_tokens (` + tokenArrays.columns() + ") SELECT " + tokenArrays.columns() + " FROM held CROSS JOIN " + tokenArrays.unnested("tokens", 2) + ` WHERE all_of_it),
	recorded AS (INSERT INTO activity (` + entryArrays.columns() + ") SELECT " + entryArrays.columns() + " FROM held CROSS JOIN " + entryArrays.unnested("entries", 2+len(tokenArrays)) +
	" WHERE all_of_it ORDER BY place) SELECT all_of_it FROM held"

// issueTogether makes changes durable by one statement. One that fails adds nothing and fails for its own caller.
func (s *Store) issueTogether(batch []*pending) {
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	added, holds := &additions{ids: &s.freeIDs}, subjects{everything: true}
	db := s.write.WithContext(ctx)
	for _, p := range batch {
		before := *added
		s.run(&Tx{Reader: Reader{db: db, now: s.Now()}, added: added}, p)
		if p.err != nil || p.thrown != nil {
			*added = before
			continue
		}
		holds.applications, holds.users = append(holds.applications, p.holds.applications...), append(holds.users, p.holds.users...)
	}
	err := s.addAll(ctx, holds, added)
	for _, p := range batch {
		if p.err == nil {
			p.err = err
		}
		p.err = translate(p.err)
	}
}

// addAll is errByItself where something is claimed, and where the database refuses a row: it does not say whose. Nothing is stored then.
func (s *Store) addAll(ctx context.Context, holds subjects, added *additions) error {
	if len(added.tokens)+len(added.entries) == 0 {
		return nil
	}
	entries, err := rowsOfEntries(added.entries)
	if err != nil {
		return err
	}
	parameters := append([]any{holds.stripes()}, rowsOfTokens(added.tokens).parameters()...)
	var held bool
	err = s.write.ConnPool.QueryRowContext(ctx, addAll, append(parameters, entries.parameters()...)...).Scan(&held)
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused):
		s.freeIDs.forget()
		return errByItself
	case err == nil && !held:
		return errByItself
	case err != nil && ctx.Err() != nil:
		return errors.Join(ErrUnavailable, err)
	}
	return err
}

// freeIDs are ids that the database gave and no token has. They are few: what a server does not use before it ends is nobody's.
type freeIDs struct {
	mu   sync.Mutex
	left []int64
}

const idsAtOnce = 64

func (f *freeIDs) next(tx *Tx) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.left) == 0 {
		err := tx.db.Raw("SELECT nextval(pg_get_serial_sequence('access_tokens', 'id')) FROM generate_series(1, ?)", idsAtOnce).Scan(&f.left).Error
		if err != nil || len(f.left) == 0 {
			return 0, translate(err)
		}
	}
	id := f.left[0]
	f.left = f.left[1:]
	return id, nil
}

// forget gives up on ids of which an import may have taken one.
func (f *freeIDs) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left = nil
}

// addToken gives the token its id, and keeps it for the end.
func (tx *Tx) addToken(t *models.AccessToken) (err error) {
	if t.ID, err = tx.added.ids.next(tx); err == nil {
		tx.added.tokens = append(tx.added.tokens, t)
	}
	return err
}
