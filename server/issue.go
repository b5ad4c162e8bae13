package server

import (
	"time"

	"gatehouse/models"
	"gatehouse/store"
)

// Issued is a token that was just made, with the values that are shown this once. RefreshToken is nil where none was made.
type Issued struct {
	AccessToken       *models.AccessToken
	AccessTokenValue  models.Secret
	RefreshToken      *models.RefreshToken
	RefreshTokenValue models.Secret
}

// issuance describes a token to be made. Every token there is comes from issue, whichever face asked.
type issuance struct {
	application *models.Application // nil: a personal token
	user        *int64              // whom the access token acts as
	requester   *int64              // for whom the refresh token is recorded
	scope       models.Scope        // of the access token
	granted     models.Scope        // of the refresh token, where it is more than the access token's
	description string
	expires     time.Time // zero: the default lifetime
	platform    models.Platform
	family      string               // "": a new one, for an application's token
	audience    models.Words         // of the access token
	resources   models.Words         // of the refresh token: what was granted
	refresh     bool                 // with a refresh token
	parent      *models.RefreshToken // the one that was used for it, nil for none
	form        string               // the single-use number of the form that asks, "" for none
	before      []models.Activity    // what was done for it in the same transaction
}

// issue stores a new access token, and its refresh token, with the activity entry, in the caller's transaction. The values are
// usable once that transaction is durable.
func (s *Server) issue(tx *store.Tx, actor Actor, in issuance) (*Issued, error) {
	issued := &Issued{AccessTokenValue: s.options.TokenFormat.New()}
	expires, err := s.expiry(tx.Reader, in.application == nil, in.expires)
	if err != nil {
		return nil, err
	}
	token := &models.AccessToken{
		Digest: issued.AccessTokenValue.Digest(), Hint: s.options.TokenFormat.Hint(issued.AccessTokenValue), UserID: in.user, Scope: in.scope,
		Description: in.description, Expires: expires, Platform: in.platform, FamilyID: in.family, Audience: in.audience,
		Stamps: actor.stamp(tx), Application: in.application,
	}
	if in.application != nil {
		token.ApplicationID = &in.application.ID
		if in.family == "" {
			token.FamilyID = newFamily()
		}
	}
	if err := tx.CreateAccessToken(token); err != nil {
		return nil, err
	}
	issued.AccessToken = token
	if in.refresh {
		if err := s.addRefreshToken(tx, issued, in); err != nil {
			return nil, err
		}
	}
	entry := actor.did(models.OperationCreate, tokenObject(token), models.Added(token.ActivityFields()))
	entry.Form = formNumber(in.form)
	return issued, tx.Record(append(in.before, entry)...)
}

// addRefreshToken stores the refresh token that comes with an access token.
func (s *Server) addRefreshToken(tx *store.Tx, issued *Issued, in issuance) error {
	value, token := s.options.TokenFormat.New(), issued.AccessToken
	if in.granted == "" {
		in.granted = in.scope
	}
	refresh := &models.RefreshToken{
		Digest: value.Digest(), Hint: s.options.TokenFormat.Hint(value), ApplicationID: in.application.ID, UserID: in.requester, SubjectUserID: in.user,
		AccessTokenID: &token.ID, Scope: in.granted, Audience: in.resources, Platform: in.platform, FamilyID: token.FamilyID,
		Created: tx.Now(), Expires: after(tx.Now(), s.lifetimes.RefreshToken),
	}
	if in.parent != nil {
		started := in.parent.FamilyStarted()
		refresh.ParentID, refresh.Started = &in.parent.ID, &started
	}
	if last := after(refresh.FamilyStarted(), s.lifetimes.RefreshAbsolute); refresh.Expires.After(last) {
		refresh.Expires = last
	}
	if err := tx.CreateRefreshToken(refresh); err != nil {
		return err
	}
	issued.RefreshToken, issued.RefreshTokenValue, token.RefreshToken = refresh, value, refresh
	return nil
}

// newFamily names a new token family: 131 random bits.
func newFamily() string { return models.RandomText(22) }
