package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/models"
	"gatehouse/store"
)

// Token loads a token that the actor may read through the face, and says whether it has gone unused for too long.
func (s *Server) Token(ctx context.Context, actor Actor, face models.Face, id int64) (*models.AccessToken, error) {
	read := s.store.ReadAlong(ctx)
	token, err := read.AccessToken(id)
	if err != nil {
		return nil, err
	}
	one := []models.AccessToken{*token}
	if err := s.markUnused(read, one); err != nil {
		return nil, err
	}
	return &one[0], s.policy.Token(actor.Actor, models.ActionRead, token, face)
}

// Tokens lists the tokens that the actor sees through the face, likewise.
func (s *Server) Tokens(ctx context.Context, actor Actor, face models.Face, q store.Query) (store.Page[models.AccessToken], error) {
	q.Sees = s.policy.Sight(actor.Actor, face)
	read := s.store.Read(ctx)
	page, err := read.AccessTokens(q, q.Sees.Tokens)
	if err != nil {
		return page, err
	}
	return page, s.markUnused(read, page.Rows)
}

// TokenInput is what a caller says about a token. A nil field was not given.
type TokenInput struct {
	Application *int64 // creation only; nil: a personal token
	Scope       *string
	Description *string
	Expires     *time.Time      // creation only, not at the controller
	Platform    models.Platform // creation by command only; "" is the face's
	User        *models.User    // creation by command only: whose token it is
	Form        string          // creation only: the single-use number of the form that asks, "" for none
}

// CreateToken makes a personal token for the actor's user, or a token of the application with a refresh token (contract §1.1). A
// token of an application that has an owner acts as the owner. A form that comes again is *Repeated.
func (s *Server) CreateToken(ctx context.Context, actor Actor, face models.Face, in TokenInput) (*Issued, error) {
	issued, err := s.createToken(ctx, actor, face, in)
	if err != nil {
		return nil, s.repeated(ctx, actor, in.Form, err)
	}
	return issued, nil
}

func (s *Server) createToken(ctx context.Context, actor Actor, face models.Face, in TokenInput) (*Issued, error) {
	plan, err := s.planToken(ctx, actor, face, in)
	if err != nil {
		return nil, err
	}
	var issued *Issued
	err = s.store.Write(ctx, func(tx *store.Tx) (err error) {
		issued, err = s.issue(tx, actor, *plan)
		return err
	})
	if errors.Is(err, store.ErrNotFound) { // its user or application went away meanwhile
		return nil, unknownID("application", in.Application)
	}
	if err != nil {
		return nil, fmt.Errorf("create token: %w", err)
	}
	issued.AccessToken.User, err = s.owner(ctx, actor, plan)
	return issued, err
}

func (s *Server) owner(ctx context.Context, actor Actor, plan *issuance) (*models.User, error) {
	if actor.User != nil && *plan.user == actor.User.ID {
		return actor.User, nil
	}
	return s.store.Read(ctx).User(*plan.user)
}

// planToken checks all that can be checked before anything is stored.
func (s *Server) planToken(ctx context.Context, actor Actor, face models.Face, in TokenInput) (*issuance, error) {
	user := actor.User
	if actor.System {
		user = in.User
	}
	if user == nil {
		return nil, &models.Denied{Outcome: models.Unauthenticated}
	}
	plan := &issuance{user: &user.ID, requester: &user.ID, platform: face.Platform(), form: in.Form}
	if actor.System && in.Platform != "" {
		if plan.platform = in.Platform; !plan.platform.Valid() {
			return nil, models.Invalid{{Field: "platform", Message: fmt.Sprintf("%q is not a valid choice.", in.Platform)}}
		}
	}
	token := &models.AccessToken{UserID: &user.ID, User: user, Platform: plan.platform, Scope: models.ScopeWrite}
	var err error
	if in.Application != nil {
		if token.Application, err = s.applicationForToken(ctx, face, *in.Application); err != nil {
			return nil, err
		}
		token.ApplicationID, plan.application, plan.refresh = in.Application, token.Application, true
		plan.platform = token.Application.Platform
		if token.Application.UserID != nil {
			plan.user = token.Application.UserID
		}
	}
	if err := s.policy.Token(actor.Actor, models.ActionCreate, token, face); err != nil {
		return nil, err
	}
	if err := s.applyTokenInput(s.store.Read(ctx), token, face, in); err != nil {
		return nil, err
	}
	plan.scope, plan.description, plan.expires = token.Scope, token.Description, token.Expires
	if actor.Token != nil {
		plan.audience = s.policy.Reach(actor.Token)
		plan.resources = plan.audience
	}
	return plan, nil
}

func (s *Server) applicationForToken(ctx context.Context, face models.Face, id int64) (*models.Application, error) {
	application, err := s.store.Read(ctx).Application(id)
	if errors.Is(err, store.ErrNotFound) || err == nil && face.OfController() && application.Platform == models.Gateway {
		return nil, unknownID("application", &id)
	}
	return application, err
}

// applyTokenInput sets what was given and checks it (contract §1.1).
func (s *Server) applyTokenInput(read store.Reader, t *models.AccessToken, face models.Face, in TokenInput) error {
	var invalid models.Invalid
	if in.Scope != nil {
		scope, err := models.ParseScope(*in.Scope)
		if err != nil {
			invalid.Add("scope", scopeMessage(face, err))
		}
		t.Scope = scope
	}
	if in.Description != nil {
		t.Description = *in.Description
		invalid = append(invalid, models.CheckText("description", t.Description, models.MostDescription)...)
	}
	if in.Expires != nil && !face.OfController() {
		t.Expires = in.Expires.UTC().Truncate(time.Microsecond)
		var beyond models.Invalid
		_, err := s.expiry(read, t.Personal(), t.Expires)
		switch {
		case t.Expired(read.Now()):
			invalid.Add("expires", "The expiry must be in the future.")
		case errors.As(err, &beyond):
			invalid = append(invalid, beyond...)
		case err != nil:
			return err
		}
	}
	return invalid.Err()
}

// scopeMessage is the refusal in the words of the face.
func scopeMessage(face models.Face, err error) string {
	var problem *models.ScopeError
	if errors.As(err, &problem) && problem.Word != "" && !problem.Repeated && !face.OfController() {
		return "Invalid scope: " + problem.Word + ". Must be one of: read, write"
	}
	return "Invalid scope. It must be a simple space-separated string with allowed scopes ['read', 'write']."
}

func unknownID(field string, id *int64) error {
	if id == nil {
		return store.ErrNotFound
	}
	return models.Invalid{{Field: field, Message: fmt.Sprintf(`Invalid pk "%d" - object does not exist.`, *id)}}
}

// UpdateToken changes scope and description of a token of either platform (contract §1.1, §12.26). A change that changes nothing
// writes no activity entry.
func (s *Server) UpdateToken(ctx context.Context, actor Actor, face models.Face, id int64, in TokenInput) (*models.AccessToken, error) {
	in.Application, in.Expires = nil, nil
	var token *models.AccessToken
	err := s.store.Write(ctx, func(tx *store.Tx) (err error) {
		if token, err = tx.LockAccessToken(id); err != nil {
			return err
		}
		if err := s.policy.Token(actor.Actor, models.ActionUpdate, token, face); err != nil {
			return err
		}
		return s.changeToken(tx, actor, face, token, in)
	})
	if err != nil {
		return nil, fmt.Errorf("update token: %w", err)
	}
	return token, nil
}

func (s *Server) changeToken(tx *store.Tx, actor Actor, face models.Face, token *models.AccessToken, in TokenInput) error {
	was := *token
	if err := s.applyTokenInput(tx.Reader, token, face, in); err != nil {
		return err
	}
	if err := s.policy.NewTokenScope(actor.Actor, &was, token.Scope); err != nil {
		return err
	}
	if err := checkConsent(tx, &was, token.Scope); err != nil {
		return err
	}
	changes := models.Difference(was.ActivityFields(), token.ActivityFields())
	if changes.Empty() {
		return nil
	}
	actor.touch(tx, &token.Stamps)
	if err := tx.UpdateAccessToken(token); err != nil {
		return err
	}
	if token.FamilyID != "" && !token.Scope.Covers(was.Scope) {
		if err := tx.NarrowRefreshTokens(token.FamilyID, token.Scope); err != nil {
			return err
		}
	}
	return tx.Record(actor.did(models.OperationUpdate, tokenObject(token), changes))
}

// checkConsent refuses a scope wider than before and wider than anything that the user consented to for the application. Where the
// user was never asked, as by the password grant, there is nothing to exceed.
func checkConsent(tx *store.Tx, was *models.AccessToken, scope models.Scope) error {
	if was.Scope.Covers(scope) || was.Personal() || was.UserID == nil {
		return nil
	}
	consented, err := tx.ConsentedScopes(*was.UserID, *was.ApplicationID)
	if err != nil || len(consented) == 0 {
		return err
	}
	for _, each := range consented {
		if each.Covers(scope) {
			return nil
		}
	}
	return models.Invalid{{Field: "scope", Message: "The scope cannot exceed what the user consented to."}}
}

// DeleteToken deletes a token of either platform: it is refused from then on. Its refresh token stays (contract §7).
func (s *Server) DeleteToken(ctx context.Context, actor Actor, face models.Face, id int64) error {
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		token, err := tx.LockAccessToken(id)
		if err != nil {
			return err
		}
		if err := s.policy.Token(actor.Actor, models.ActionDelete, token, face); err != nil {
			return err
		}
		return deleteAccessTokens(tx, actor, store.TokenSelection{IDs: []int64{id}}, "")
	})
	if err != nil {
		return fmt.Errorf("delete token: %w", err)
	}
	return nil
}

// deleteAccessTokens deletes the tokens selected with one activity entry each; note says why, where the reason is not plain.
func deleteAccessTokens(tx *store.Tx, actor Actor, selection store.TokenSelection, note string) error {
	tokens, err := tx.DeleteAccessTokens(selection)
	if err != nil {
		return err
	}
	return tx.Record(deletions(actor, tokens, note)...)
}

func deletions(actor Actor, tokens []models.AccessToken, note string) []models.Activity {
	entries := make([]models.Activity, len(tokens))
	for n := range tokens {
		entries[n] = actor.did(models.OperationDelete, tokenObject(&tokens[n]), models.Removed(tokens[n].ActivityFields()))
		entries[n].Note = note
	}
	return entries
}
