package store

import (
	"time"

	"gorm.io/gorm"

	"gatehouse/models"
)

var sessionList = &resource{
	table: "sessions",
	columns: map[string]column{
		"id":        {sql: "sessions.id", kind: idColumn},
		"user":      {sql: "sessions.user_id", kind: idColumn},
		"address":   {sql: "sessions.address"},
		"agent":     {sql: "sessions.agent"},
		"created":   {sql: "sessions.created", kind: timeColumn},
		"last_seen": {sql: "sessions.last_seen", kind: timeColumn},
	},
	relations: map[string]relation{"user": {to: "users", on: "{to}.id = {from}.user_id", as: "users"}},
	search:    []string{"address", "agent", "user__username"},
	order:     []Order{{Field: "last_seen", Descending: true}},
}

// Session loads a session with its user; ErrNotFound, also for one that has expired.
func (r Reader) Session(id int64) (*models.Session, error) {
	return one[models.Session](r.db.Preload("User").Where("id = ? AND expires > ?", id, r.now))
}

// LiveSessions lists sessions that have not expired, with their users.
func (r Reader) LiveSessions(q Query, v models.Visibility) (Page[models.Session], error) {
	return limited(r, q, func(r Reader) (Page[models.Session], error) {
		return list[models.Session](r.visibleSessions(v), sessionList, q, "User")
	})
}

// WalkLiveSessions hands all sessions of the list to each, some at a time; see walk.
func (r Reader) WalkLiveSessions(q Query, v models.Visibility, each func([]models.Session) error) error {
	return walk(r, sessionList, q, func(r Reader) *gorm.DB { return r.visibleSessions(v) },
		func(s *models.Session) int64 { return s.ID }, each, "User")
}

func (r Reader) visibleSessions(v models.Visibility) *gorm.DB {
	live := r.db.Where("sessions.expires > ?", r.now)
	if v.All {
		return live
	}
	return live.Where("sessions.user_id = ?", v.UserID)
}

// SessionByDigest loads the session whose id a cookie holds, expired or not; ErrNotFound.
func (r Reader) SessionByDigest(digest models.Digest) (*models.Session, error) {
	return one[models.Session](r.db.Where("digest = ?", digest))
}

// Sessions lists a user's sessions, or everybody's for user 0, newest first.
func (r Reader) Sessions(userID int64) ([]models.Session, error) {
	db := r.db.Order("created DESC, id DESC")
	if userID != 0 {
		db = db.Where("user_id = ?", userID)
	}
	return all[models.Session](db)
}

// CreateSession stores a new session.
func (tx *Tx) CreateSession(s *models.Session) error { return tx.insert(s) }

// TouchSession notes that the session is in use and moves its expiry.
func (tx *Tx) TouchSession(id int64, seen, expires time.Time) error {
	return translate(tx.db.Model(&models.Session{}).Where("id = ?", id).
		Updates(map[string]any{"last_seen": seen, "expires": expires}).Error)
}

// DeleteSession ends one session; one that is gone is no error.
func (tx *Tx) DeleteSession(id int64) error {
	return translate(tx.db.Where("id = ?", id).Delete(&models.Session{}).Error)
}

// DeleteSessions ends all sessions of a user but one, 0 to keep none, and returns their number.
func (tx *Tx) DeleteSessions(userID, keep int64) (int64, error) {
	result := tx.db.Where("user_id = ? AND id <> ?", userID, keep).Delete(&models.Session{})
	return result.RowsAffected, translate(result.Error)
}

// KeepNewestSessions ends a user's oldest sessions until no more than most are left.
func (tx *Tx) KeepNewestSessions(userID int64, most int) error {
	newest := tx.db.Model(&models.Session{}).Select("id").Where("user_id = ?", userID).Order("created DESC, id DESC").Limit(most)
	return translate(tx.db.Where("user_id = ? AND id NOT IN (?)", userID, newest).Delete(&models.Session{}).Error)
}
