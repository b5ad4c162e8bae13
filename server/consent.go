package server

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/models"
	"gatehouse/store"
)

// NeedsConsent reports whether the user has to be asked: not where the application skips that, nor where the user has granted as
// much, for the same resources, to the same application at the same redirect URI before. A redirect to a port of this machine that the
// program has just opened is asked for each time: any other program could have opened it (RFC 8252 §8.6).
func (s *Server) NeedsConsent(ctx context.Context, actor Actor, a *Authorization) (bool, error) {
	if a.Application.SkipAuthorization {
		return false, nil
	}
	if a.RedirectURI != a.registeredURI {
		return true, nil
	}
	consent, err := s.store.Read(ctx).Consent(actor.ID(), a.Application.ID, a.registeredURI)
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up consent: %w", err)
	}
	return !s.policy.ConsentCovers(consent, a.Scope, a.Audience), nil
}

// errConsentGone says that a consent was withdrawn or dropped since it was looked up.
var errConsentGone = errors.New("the consent is gone")

// standingConsent makes sure, in the transaction of a code that nobody was asked about, that the consent to it still stands.
func (s *Server) standingConsent(tx *store.Tx, userID int64, a *Authorization) error {
	consent, err := tx.Consent(userID, a.Application.ID, a.registeredURI)
	if errors.Is(err, store.ErrNotFound) || err == nil && !s.policy.ConsentCovers(consent, a.Scope, a.Audience) {
		return errConsentGone
	}
	return err
}

// keepConsent remembers what the user granted, unless an earlier consent covers it: asking for less takes nothing away from that.
func (s *Server) keepConsent(tx *store.Tx, granted models.Consent) error {
	earlier, err := tx.Consent(granted.UserID, granted.ApplicationID, granted.RedirectURI)
	if err == nil && s.policy.ConsentCovers(earlier, granted.Scope, granted.Audience) {
		return nil
	}
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	granted.Created, granted.Modified = tx.Now(), tx.Now()
	return tx.KeepConsent(&granted)
}

// Consents lists what the actor's user granted to applications, by the application's name. They come with their applications.
func (s *Server) Consents(ctx context.Context, actor Actor) ([]models.Consent, error) {
	if actor.User == nil {
		return nil, &models.Denied{Outcome: models.Unauthenticated}
	}
	return s.store.Read(ctx).Consents(actor.User.ID)
}

// WithdrawConsent takes back what the actor's user granted to an application: it is asked for anew next time, and all codes and tokens
// that the application holds for the user end with it. Without a consent it is store.ErrNotFound.
func (s *Server) WithdrawConsent(ctx context.Context, actor Actor, applicationID int64) error {
	if actor.User == nil {
		return &models.Denied{Outcome: models.Unauthenticated}
	}
	err := s.store.WriteInTurn(ctx, func(tx *store.Tx) error {
		if err := endAccess(tx, actor, applicationID); err != nil { // first, as it claims the application and the user
			return err
		}
		if err := tx.DropConsentsOf(actor.User.ID, applicationID); err != nil {
			return err
		}
		application, err := tx.Application(applicationID)
		if err != nil {
			return err
		}
		entry := withUser(actor.did(models.OperationDisassociate, applicationObject(application), models.Changes{}), actor.User)
		entry.Note, entry.OrganizationID = "consent", nil // a matter between the user and the application
		return tx.Record(entry)
	})
	if err != nil {
		return fmt.Errorf("withdraw consent: %w", err)
	}
	return nil
}

// endAccess revokes the refresh tokens and deletes the access tokens and codes of the application that act as the actor's user.
func endAccess(tx *store.Tx, actor Actor, applicationID int64) error {
	const note = "consent withdrawn"
	refresh, err := tx.RevokeRefreshTokens(store.TokenSelection{ApplicationID: applicationID, SubjectUserID: actor.User.ID}, store.ReasonRevoked)
	if err != nil {
		return err
	}
	access, err := tx.DeleteAccessTokens(store.TokenSelection{ApplicationID: applicationID, UserID: actor.User.ID})
	if err != nil {
		return err
	}
	if err := tx.DeleteAuthorizationCodes(applicationID, actor.User.ID); err != nil {
		return err
	}
	if err := tx.DeleteDeviceCodes(applicationID, actor.User.ID); err != nil {
		return err
	}
	return tx.Record(append(revocations(actor, refresh, note), deletions(actor, access, note)...)...)
}
