package store

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"gatehouse/models"
)

// Issue is Write for a change that does nothing but add tokens, for an authorization code, in place of a refresh token and its access token, or by themselves, and entries, and reads nothing
// that it added. On PostgreSQL it is one statement, which those that come while another is made durable share (ADR 0034); on SQLite changes share their commits anyway.
func (s *Store) Issue(ctx context.Context, change func(*Tx) error) error {
	if s.dialect == SQLite || ctx.Value(rehearsalKey{}) != nil {
		return s.Write(ctx, change)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.timeout)
	defer cancel()
	added := &additions{holds: subjects{everything: true}}
	err := change(&Tx{Reader: Reader{db: s.write.WithContext(ctx), now: s.Now()}, added: added})
	if err == nil {
		err = s.writeWith(&s.issues, &pending{ctx: ctx, added: added}, s.issueTogether)
	}
	if errors.Is(err, errByItself) {
		return s.writeAlone(ctx, change)
	}
	return translate(err)
}

// errByItself sends a change back to its caller, to wait for a lock or to learn what is wrong with it, in a transaction of its own.
var errByItself = errors.New("to be tried by itself")

// additions are what a change adds, and what it takes away for it, to be stored at its end.
type additions struct {
	holds     subjects
	redeemed  []redeemed
	rotated   []rotated
	deleted   []*models.AccessToken
	tokens    []*models.AccessToken
	refreshes []*models.RefreshToken
	entries   []models.Activity
}

// redeemed is an authorization code that is marked used, if it still is not.
type redeemed struct {
	id   int64
	used time.Time
}

// rotated is a refresh token that is marked used, if it still is as it was read.
type rotated struct {
	id    int64
	scope models.Scope
	used  time.Time
}

// issueTogether stores what changes add by one statement. Of two that present the same refresh token or code the second is decided about alone.
func (s *Store) issueTogether(batch []*pending) {
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	all := &additions{}
	var stored []*pending
	for _, p := range batch {
		if slices.ContainsFunc(p.added.rotated, all.rotates) || slices.ContainsFunc(p.added.redeemed, all.redeems) {
			p.err = errByItself
			continue
		}
		all.add(p.added)
		stored = append(stored, p)
	}
	err := s.addAll(ctx, all)
	for _, p := range stored {
		p.err = err
	}
}

func (a *additions) rotates(r rotated) bool {
	return slices.ContainsFunc(a.rotated, func(other rotated) bool { return other.id == r.id })
}

func (a *additions) redeems(r redeemed) bool {
	return slices.ContainsFunc(a.redeemed, func(other redeemed) bool { return other.id == r.id })
}

// add adds what another change does, whose tokens come to stand behind the others.
func (a *additions) add(b *additions) {
	before := int64(len(a.tokens))
	for _, t := range b.tokens {
		t.ID -= before // refresh tokens point to it
	}
	for n := range b.entries {
		if b.entries[n].ObjectID < 0 {
			b.entries[n].ObjectID -= before
		}
	}
	a.holds = a.holds.with(b.holds)
	a.redeemed = append(a.redeemed, b.redeemed...)
	a.rotated, a.deleted = append(a.rotated, b.rotated...), append(a.deleted, b.deleted...)
	a.tokens, a.refreshes, a.entries = append(a.tokens, b.tokens...), append(a.refreshes, b.refreshes...), append(a.entries, b.entries...)
}

// addAll is errByItself where something is claimed, and where the database refuses a row: it does not say whose. Nothing is stored then.
func (s *Store) addAll(ctx context.Context, added *additions) error {
	if len(added.tokens)+len(added.entries)+len(added.rotated)+len(added.redeemed) == 0 {
		return nil
	}
	entries, err := rowsOfEntries(added.entries)
	if err != nil {
		return err
	}
	statement, parameters := addNew, slices.Concat([]any{added.holds.stripes()}, rowsOfTokens(added.tokens).parameters(), entries.parameters())
	switch {
	case len(added.rotated)+len(added.refreshes)+len(added.redeemed) > 0:
		statement = addInPlace
		parameters = slices.Concat(parameters, redemptionParameters(added.redeemed), rotationParameters(added.rotated), deletionParameters(added.deleted), refreshParameters(added.refreshes))
	case len(added.tokens) == 1 && len(added.entries) == 1:
		statement = addOne
		parameters = append(parameters[:1], firstOf(parameters[1:])...)
	}
	var held bool
	var ids string
	var one int
	err = s.oneRow(ctx, statement, parameters, &held, &ids, &one)
	s.presented.note(touched{ids: idsOf(added.deleted, func(t **models.AccessToken) int64 { return (*t).ID })}) // also where nobody can say whether it was committed
	var refused *pgconn.PgError
	switch {
	case errors.As(err, &refused), pgconn.SafeToRetry(err):
		return errByItself
	case err == nil && !held:
		return errByItself
	case err != nil && ctx.Err() != nil:
		return errors.Join(ErrUnavailable, err)
	case err != nil:
		return err
	}
	for n, id := range strings.Split(ids, ",") {
		if n < len(added.tokens) {
			added.tokens[n].ID, err = strconv.ParseInt(id, 10, 64)
		}
	}
	return err
}

// addToken keeps the token for the end. Its id is its place among those of the change, negative, until it is stored.
func (tx *Tx) addToken(t *models.AccessToken) {
	tx.added.holds = tx.added.holds.with(subjects{applications: some(t.ApplicationID), users: some(t.UserID)})
	tx.added.tokens = append(tx.added.tokens, t)
	t.ID = -int64(len(tx.added.tokens))
}

// rotateLater is RotateRefreshToken for a token that lives: it is read now, and marked at the end if it still is as it was. Others are decided about alone.
func (tx *Tx) rotateLater(digest models.Digest) (*models.RefreshToken, error) {
	token, err := tx.RefreshTokenByDigest(digest)
	if err != nil {
		return nil, err
	}
	if token.Revoked != nil {
		return nil, errByItself
	}
	tx.added.rotated = append(tx.added.rotated, rotated{token.ID, token.Scope, tx.now})
	tx.added.holds = tx.added.holds.with(subjects{applications: []int64{token.ApplicationID}, users: some(token.UserID, token.SubjectUserID),
		families: []string{token.FamilyID}})
	now := tx.now
	token.Revoked, token.Reason, token.AccessTokenID = &now, ReasonRotated, nil
	return token, nil
}

// redeemLater is RedeemAuthorizationCode for a code that is not used: it is read now, and marked at the end if it still is not. Others are decided about alone.
func (tx *Tx) redeemLater(code *models.AuthorizationCode) (*models.AuthorizationCode, error) {
	if code.Used != nil {
		return nil, errByItself
	}
	now := tx.now
	tx.added.redeemed = append(tx.added.redeemed, redeemed{code.ID, now})
	tx.added.holds = tx.added.holds.with(hangingOn(code))
	code.Used = &now
	return code, nil
}
