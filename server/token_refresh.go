package server

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gatehouse/models"
	"gatehouse/store"
)

const noRefreshToken = "This token has no refresh token that is still valid."

// errReused says that a refresh token came again after its use; the caller revokes its family once the transaction is gone.
type errReused struct{ token *models.RefreshToken }

func (*errReused) Error() string { return "refresh token reused" }

// rotation is a request to renew by refresh token.
type rotation struct {
	client    int64 // the application whose token it has to be: nobody else spends it, or has its family punished
	digest    models.Digest
	scope     models.Scope // "": all that was granted
	resources models.Words // none: all that were granted
	form      string       // the single-use number of the form that asks, "" for none
	permit    func(*models.RefreshToken) error
}

// rotate spends a refresh token and issues its successors, in the caller's transaction (RFC 6749 §6, RFC 9700 §4.14.2): the old
// access token is deleted, the family and platform stay, the access token's scope may narrow. Of several callers one succeeds, and
// some of those who follow within the grace (repeated); a refusal, which permit may add to, spends nothing. A reused token is
// *errReused, whatever else there is to say of it; one that is unknown or another client's is store.ErrNotFound.
func (s *Server) rotate(tx *store.Tx, actor Actor, in rotation) (*Issued, error) {
	old, err := tx.RotateRefreshToken(in.digest)
	if err != nil && !errors.Is(err, store.ErrReplayed) {
		return nil, err
	}
	if old.ApplicationID != in.client {
		return nil, store.ErrNotFound
	}
	before, granted := old.AccessToken, old.Scope
	if err != nil {
		earlier, err := s.repeatRotation(tx, old)
		if err != nil {
			return nil, err
		}
		before, granted = earlier.AccessToken, earlier.Scope
	}
	if refused := in.permit(old); refused != nil {
		return nil, refused
	}
	if old.Expired(tx.Now()) {
		return nil, &Error{Code: InvalidGrant, Description: "The refresh token has expired.", legacy: true}
	}
	scope := granted
	if in.scope != "" {
		if !granted.Covers(in.scope) {
			return nil, &Error{Code: InvalidScope, Description: "The requested scope exceeds the scope of the refresh token."}
		}
		scope = in.scope
	}
	audience, err := s.narrowAudience(old.Audience, in.resources)
	if err != nil {
		return nil, err
	}
	plan := issuance{application: old.Application, user: old.SubjectUserID, requester: old.UserID, scope: scope, granted: granted,
		platform: old.Platform, family: old.FamilyID, audience: audience, resources: old.Audience, refresh: true, parent: old, form: in.form}
	if before != nil {
		plan.description = before.Description
	}
	if old.AccessToken != nil {
		old.AccessToken.Application = old.Application
		deleted, err := tx.DeleteRotated(old.AccessToken)
		if err != nil {
			return nil, err
		}
		if deleted {
			plan.before = deletions(actor, []models.AccessToken{*old.AccessToken}, "refreshed")
		}
	}
	return s.issue(tx, actor, plan)
}

// gracedRepeats is how often a used refresh token is answered again within the grace.
const gracedRepeats = 5

// repeatRotation decides, in the caller's transaction, about a refresh token that was used before. A client that lost the answer, or
// refreshes in several tabs, comes back with it soon: it gets another pair beside the first, a few times. It returns an earlier
// answer that lives. A token of which a successor was used is no longer the last: its client has got an
// answer, so that somebody else is reusing it, whenever that is. What was revoked stays so, and punishes nobody; what was narrowed stays
// narrow.
func (s *Server) repeatRotation(tx *store.Tx, used *models.RefreshToken) (*models.RefreshToken, error) {
	refused := invalidGrant("The refresh token is invalid.")
	if used.Reason != store.ReasonRotated {
		return nil, refused
	}
	successors, err := tx.Successors(used.ID)
	if err != nil {
		return nil, err
	}
	live := func(t models.RefreshToken) bool { return t.Revoked == nil }
	rotated := func(t models.RefreshToken) bool { return t.Reason == store.ReasonRotated }
	switch {
	case s.lifetimes.RefreshGrace == 0, !tx.Now().Before(after(*used.Revoked, s.lifetimes.RefreshGrace)), slices.ContainsFunc(successors, rotated):
		return nil, &errReused{used}
	case !slices.ContainsFunc(successors, live):
		return nil, refused
	}
	within, err := tx.CountRepeat(used.ID, gracedRepeats)
	if err != nil {
		return nil, err
	}
	if !within {
		return nil, refused
	}
	return &successors[slices.IndexFunc(successors, live)], nil
}

// punishReuse revokes the family of a reused refresh token. It is a transaction of its own: the one that saw the reuse was rolled back.
func (s *Server) punishReuse(ctx context.Context, actor Actor, reused *models.RefreshToken) error {
	return s.store.Write(ctx, func(tx *store.Tx) error {
		return revokeFamily(tx, actor, reused.FamilyID, "refresh token reused", refreshTokenObject(reused))
	})
}

// revokeFamily revokes all refresh tokens and deletes all access tokens that stem from one grant, with an entry for each. Where that
// is something, the cause has an entry too, unless it is one of the refresh tokens, whose own entry tells all.
func revokeFamily(tx *store.Tx, actor Actor, family, note string, cause object) error {
	refreshTokens, err := tx.RevokeRefreshTokens(store.TokenSelection{FamilyID: family}, store.ReasonRevoked)
	if err != nil {
		return err
	}
	accessTokens, err := tx.DeleteAccessTokens(store.TokenSelection{FamilyID: family})
	if err != nil || len(refreshTokens)+len(accessTokens) == 0 {
		return err
	}
	var entries []models.Activity
	isCause := func(t models.RefreshToken) bool { return cause.kind == models.ObjectRefreshToken && cause.id == t.ID }
	if !slices.ContainsFunc(refreshTokens, isCause) {
		warning := actor.did(models.OperationUpdate, cause, models.Changes{})
		warning.Note = note
		entries = append(entries, warning)
	}
	entries = append(entries, revocations(actor, refreshTokens, note)...)
	return tx.Record(append(entries, deletions(actor, accessTokens, note)...)...)
}

func revocations(actor Actor, tokens []models.RefreshToken, note string) []models.Activity {
	entries := make([]models.Activity, len(tokens))
	for n := range tokens {
		was := tokens[n]
		was.Revoked = nil
		entries[n] = actor.did(models.OperationUpdate, refreshTokenObject(&tokens[n]),
			models.Difference(was.ActivityFields(), tokens[n].ActivityFields()))
		entries[n].Note = note
	}
	return entries
}

// RefreshToken renews an application's token on behalf of the person it acts as, or of a superuser: the console's action. A token
// of the automation controller is refused at every face but the controller's (contract §0, rule 2). form is the single-use number of
// the form that asks, "" for none; one that comes again is *Repeated.
func (s *Server) RefreshToken(ctx context.Context, actor Actor, face models.Face, id int64, form string) (*Issued, error) {
	issued, err := s.refreshToken(ctx, actor, face, id, form)
	if err != nil {
		return nil, s.repeated(ctx, actor, form, fmt.Errorf("refresh token: %w", refreshRefusal(err)))
	}
	return issued, nil
}

func (s *Server) refreshToken(ctx context.Context, actor Actor, face models.Face, id int64, form string) (*Issued, error) {
	var issued *Issued
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		token, err := tx.LockAccessToken(id)
		if err != nil {
			return err
		}
		if err := s.policy.Token(actor.Actor, models.ActionRefresh, token, face); err != nil {
			return err
		}
		refresh := token.RefreshToken
		if refresh == nil || refresh.Revoked != nil || refresh.Expired(tx.Now()) {
			return models.Invalid{{Field: models.NonField, Message: noRefreshToken}}
		}
		if !token.Application.Allows(models.GrantRefreshToken) {
			return models.Invalid{{Field: models.NonField, Message: "The application may not use refresh tokens."}}
		}
		permit := func(refresh *models.RefreshToken) error { return s.permitSubject(tx, refresh) }
		issued, err = s.rotate(tx, actor, rotation{client: refresh.ApplicationID, digest: refresh.Digest, form: form, permit: permit})
		if err == nil {
			issued.AccessToken.User = token.User
		}
		return err
	})
	return issued, err
}

// refreshRefusal turns what the token endpoint would answer into the refusal of an operation.
func refreshRefusal(err error) error {
	var refused *Error
	var reused *errReused
	switch {
	case errors.As(err, &refused):
		return &models.Denied{Outcome: models.Forbidden, Message: refused.Description}
	case errors.As(err, &reused): // somebody was faster
		return models.Invalid{{Field: models.NonField, Message: noRefreshToken}}
	}
	return err
}
