package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	_ "modernc.org/sqlite" // driver "sqlite"
)

// sqlite has one connection that writes, with its statements prepared, and some that read.
type sqlite struct {
	reads   *sql.DB
	asked   map[string]*sql.Stmt
	writes  *sql.DB
	writer  *sql.Conn
	queue   *queue[func(context.Context) error]
	prepare map[string]*sql.Stmt
}

// sqliteParameters are Gatehouse's.
const sqliteParameters = "_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)" +
	"&_pragma=cache_size(-16000)&_pragma=temp_store(MEMORY)&_time_integer_format=unix_micro&_inttotime=1"

const readers = 8

// The statements of changes.
const (
	begin, commit, rollback = "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"

	addAccess   = insertAccess + "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '', ?8, ?9, ?10, ?11, ?11)"
	addActivity = insertActivity + "VALUES (?1, '', 'oauth', ?2, ?3, 'oauth2accesstoken', ?4, ?5, '', 0, '', ?6, ?7, ?8, ?9, ?10)"
	findRefresh = `SELECT r.id, r.user_id, r.subject_user_id, r.scope, r.audience, r.platform, r.family_id, r.created, r.started, t.id, t.description, t.scope, t.expires, t.user_id
		FROM refresh_tokens AS r LEFT JOIN users AS u ON u.id = r.subject_user_id LEFT JOIN access_tokens AS t ON t.id = r.access_token_id
		WHERE r.digest = ?1 AND r.application_id = ?2 AND r.revoked IS NULL AND r.expires > ?3 AND r.platform = 'gateway'
			AND (r.subject_user_id IS NULL OR u.is_active)`
	useRefresh   = "UPDATE refresh_tokens SET revoked = ?1, reason = 'rotated' WHERE id = ?2"
	deleteAccess = "DELETE FROM access_tokens WHERE id = ?1"
	addRefresh   = `INSERT INTO refresh_tokens (digest, hint, application_id, user_id, subject_user_id, access_token_id, scope, audience, platform, family_id,
			created, expires, reason, parent_id, repeats, started) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, '', ?13, 0, ?14)`
)

func openSQLite(ctx context.Context, path string, batched bool) (*sqlite, error) {
	dsn := "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + sqliteParameters
	s := &sqlite{asked: map[string]*sql.Stmt{}, prepare: map[string]*sql.Stmt{}}
	s.queue = &queue[func(context.Context) error]{commit: s.commit, most: 1}
	if batched {
		s.queue.most = mostTogether
	}
	var err error
	if s.reads, err = sql.Open("sqlite", dsn+"&_query_only=1"); err != nil {
		return nil, err
	}
	s.reads.SetMaxOpenConns(readers)
	s.reads.SetMaxIdleConns(readers)
	if s.writes, err = sql.Open("sqlite", dsn); err != nil {
		return nil, err
	}
	if s.writer, err = s.writes.Conn(ctx); err != nil {
		return nil, err
	}
	for _, statement := range []string{begin, commit, rollback, addAccess, addActivity, findRefresh, useRefresh, deleteAccess, addRefresh} {
		if s.prepare[statement], err = s.writer.PrepareContext(ctx, statement); err != nil { //nolint:sqlclosecheck // closed with the connection
			return nil, fmt.Errorf("%w: %s", err, statement)
		}
	}
	for _, question := range []string{findAccess, showAccess} {
		if s.asked[question], err = s.reads.PrepareContext(ctx, strings.ReplaceAll(question, "$", "?")); err != nil { //nolint:sqlclosecheck // closed with the pool
			return nil, fmt.Errorf("%w: %s", err, question)
		}
	}
	return s, nil
}

func (s *sqlite) close() {
	_ = s.writer.Close()
	_ = s.writes.Close()
	_ = s.reads.Close()
}

func (s *sqlite) one(ctx context.Context, question string, args ...any) row {
	return sqliteRow{s.asked[question].QueryRowContext(ctx, args...)}
}

type sqliteRow struct{ *sql.Row }

func (r sqliteRow) Scan(into ...any) error {
	err := r.Row.Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return errNone
	}
	return err
}

func (s *sqlite) each(ctx context.Context, question string, scan func(row) error) error {
	rows, err := s.reads.QueryContext(ctx, question)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// commit makes the changes in one transaction. One that is refused has changed nothing.
func (s *sqlite) commit(all []func(context.Context) error) error {
	ctx := context.Background() // whoever leads may go away; the others wait
	if _, err := s.prepare[begin].ExecContext(ctx); err != nil {
		return err
	}
	for _, change := range all {
		if err := change(ctx); err != nil {
			_, _ = s.prepare[rollback].ExecContext(ctx)
			return err
		}
	}
	_, err := s.prepare[commit].ExecContext(ctx)
	if err != nil {
		_, _ = s.prepare[rollback].ExecContext(ctx)
	}
	return err
}

// add carries out an INSERT and returns the id of its row.
func (s *sqlite) add(ctx context.Context, statement string, args ...any) (int64, error) {
	result, err := s.prepare[statement].ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.LastInsertId()
}

func (s *sqlite) issue(_ context.Context, i *issuance) error {
	return s.queue.do(func(ctx context.Context) error {
		c := i.client
		id, err := s.add(ctx, addAccess, i.access.digest, i.access.hint, c.user, c.id, i.scope, "", i.expires(), c.platform, i.family, "", i.created)
		if err != nil {
			return err
		}
		_, err = s.add(ctx, addActivity, i.created, i.address, "create", id, "", "", i.changes(), c.user, c.organization, c.platform)
		return err
	})
}

func (s *sqlite) rotate(_ context.Context, r *rotation) error {
	err := s.queue.do(func(ctx context.Context) error { return s.rotateInside(ctx, r) })
	if err == nil && r.refused {
		return errRefused
	}
	return err
}

func (s *sqlite) rotateInside(ctx context.Context, r *rotation) error {
	var id int64
	var user, subject, oldID, oldUser *int64
	var audience, platform, family string
	var oldDescription, oldScope *string
	var created time.Time
	var started, oldExpires *time.Time
	err := s.prepare[findRefresh].QueryRowContext(ctx, r.presented, r.client.id, r.created).Scan(&id, &user, &subject, &r.scope, &audience, &platform, &family,
		&created, &started, &oldID, &oldDescription, &oldScope, &oldExpires, &oldUser)
	if errors.Is(err, sql.ErrNoRows) {
		r.refused = true
		return nil
	}
	if err != nil {
		return err
	}
	if started == nil {
		started = &created
	}
	description, client := "", r.client
	_, err = s.add(ctx, useRefresh, r.created, id)
	if err == nil && oldID != nil {
		description = *oldDescription
		if _, err = s.add(ctx, deleteAccess, *oldID); err != nil {
			return err
		}
		gone := changes(nil, fieldsOf(&client.id, oldUser, description, *oldScope, platform, *oldExpires))
		_, err = s.add(ctx, addActivity, r.created, r.address, "delete", *oldID, description, "refreshed", gone, oldUser, client.organization, platform)
	}
	if err != nil {
		return err
	}
	expires := r.created.Add(accessLifetime * time.Second)
	access, err := s.add(ctx, addAccess, r.access.digest, r.access.hint, subject, client.id, r.scope, description, expires, platform, family, audience, r.created)
	if err != nil {
		return err
	}
	refreshExpires := r.created.Add(refreshLifetime * time.Second)
	if last := started.Add(refreshAbsolute * time.Second); refreshExpires.After(last) {
		refreshExpires = last
	}
	if _, err = s.add(ctx, addRefresh, r.refresh.digest, r.refresh.hint, client.id, user, subject, access, r.scope, audience, platform, family, r.created,
		refreshExpires, id, *started); err != nil {
		return err
	}
	made := changes(fieldsOf(&client.id, subject, description, r.scope, platform, expires), nil)
	_, err = s.add(ctx, addActivity, r.created, r.address, "create", access, description, "", made, subject, client.organization, platform)
	return err
}
