package models

import "time"

// AccessToken is a credential for the APIs. Without an application it is a personal access token. The value itself is not kept.
type AccessToken struct {
	ID              int64
	Digest          Digest
	Hint            string // the value's first 4 characters
	UserID          *int64 // whom the token acts as; nil for client credentials of an application without owner
	ApplicationID   *int64
	Scope           Scope
	Description     string
	Expires         time.Time
	LastUsed        *time.Time
	LastUsedAddress string
	Platform        Platform
	FamilyID        string // shared by all tokens that stem from one grant; "" for personal tokens
	Audience        Words  // the resources it is for (RFC 8707); empty means our own APIs
	Stamps

	User         *User         // filled where the store says so
	Application  *Application  // likewise
	RefreshToken *RefreshToken // the one that was issued with it, likewise
	Unused       int64         `gorm:"-"` // seconds: the idle lifetime that it has outlived without use; filled where the server says so
}

// ReplacedToken is the value that a token had before it was regenerated, while both are taken.
type ReplacedToken struct {
	ID            int64
	Digest        Digest
	AccessTokenID int64
	Expires       time.Time
}

// Personal reports whether the token is a personal access token.
func (t *AccessToken) Personal() bool { return t.ApplicationID == nil }

// OwnedBy reports whether the token acts as the user.
func (t *AccessToken) OwnedBy(userID int64) bool { return t.UserID != nil && *t.UserID == userID }

// Expired reports whether the token is past use at the time now: a token is expired from its expiry on.
func (t *AccessToken) Expired(now time.Time) bool { return !now.Before(t.Expires) }

// Kind is "personal" or "application".
func (t *AccessToken) Kind() string {
	if t.Personal() {
		return "personal"
	}
	return "application"
}

// RefreshToken renews an access token of an application. It keeps all that the next access token needs, so that it outlives the
// access token it came with. A used or revoked one stays, marked, until it is cleared: its reuse must be seen.
type RefreshToken struct {
	ID            int64
	Digest        Digest
	Hint          string
	ApplicationID int64
	UserID        *int64 // for whom it was made
	SubjectUserID *int64 // whom its access tokens act as
	AccessTokenID *int64 // nil once that access token is gone
	Scope         Scope
	Audience      Words
	Platform      Platform
	FamilyID      string
	Created       time.Time
	Expires       time.Time
	Revoked       *time.Time // used or revoked since then
	Reason        string     // why it was revoked: "rotated", "revoked"; "" while it lives
	ParentID      *int64     // the token that was used for this one; nil for the first of a family
	Repeats       int        // how often it was used again within the grace
	Started       *time.Time // when the first of its family was created; nil: it is the first

	AccessToken *AccessToken // filled where the store says so
	Application *Application // likewise
}

// FamilyStarted is when the first refresh token of the family was created.
func (t *RefreshToken) FamilyStarted() time.Time {
	if t.Started != nil {
		return *t.Started
	}
	return t.Created
}

// Expired reports whether the token is past use at the time now.
func (t *RefreshToken) Expired(now time.Time) bool { return !now.Before(t.Expires) }

// AuthorizationCode is what a client redeems once for its first tokens (RFC 6749 §4.1.2).
type AuthorizationCode struct {
	ID                  int64
	Digest              Digest
	ApplicationID       int64
	UserID              int64
	RedirectURI         string `gorm:"column:redirect_uri"`
	RedirectURISent     bool   `gorm:"column:redirect_uri_sent"` // then the token request must repeat it (RFC 6749 §4.1.3)
	Scope               Scope
	Audience            Words
	CodeChallenge       string
	CodeChallengeMethod string
	FamilyID            string // of the tokens that it is redeemed for
	Created             time.Time
	Expires             time.Time
	Used                *time.Time
}

// Consent remembers what a user granted to an application, so that the same request need not ask again.
type Consent struct {
	ID            int64
	UserID        int64
	ApplicationID int64
	RedirectURI   string `gorm:"column:redirect_uri"` // "" for a device
	Scope         Scope
	Audience      Words // the resources it is for; empty means our own APIs
	Created       time.Time
	Modified      time.Time

	Application *Application // filled where the store says so
}

// Session is a signed-in browser or a client that signed in by form. The id in the cookie is not kept.
type Session struct {
	ID       int64
	Digest   Digest
	UserID   int64
	Address  string
	Agent    string // the User-Agent header at sign-in
	Created  time.Time
	LastSeen time.Time
	Expires  time.Time

	User *User // filled where the store says so
}

// Setting is a small fact that the product keeps for itself, as text.
type Setting struct {
	Key      string `gorm:"primaryKey"`
	Value    string
	Modified time.Time
}
