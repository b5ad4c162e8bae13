package store

import (
	"encoding/binary"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"gatehouse/models"
)

// LoginAttempts lists what failed for a subject after a moment, newest first.
func (r Reader) LoginAttempts(subject models.Digest, after time.Time) ([]models.LoginAttempt, error) {
	return all[models.LoginAttempt](r.db.Where("subject = ? AND at > ?", subject, after).Order("at DESC"))
}

// QueueAttempts makes others who want to count for one of the subjects wait until the transaction ends, so that of many at once each
// sees those before it. It comes before whatever else the transaction locks.
func (tx *Tx) QueueAttempts(subjects []models.Digest) error {
	stripes := make([]int64, len(subjects))
	for n, each := range subjects {
		stripes[n] = lockOfStripes + 1 + 3*width + int64(binary.BigEndian.Uint64(each[:8])%width)
	}
	slices.Sort(stripes)
	return tx.takeStripes("pg_advisory_xact_lock", stripes)
}

// CountAttempts counts one failure of each subject at the time of the transaction.
func (tx *Tx) CountAttempts(subjects []models.Digest) error {
	rows := make([]models.LoginAttempt, len(subjects))
	for n, each := range subjects {
		rows[n] = models.LoginAttempt{Subject: each, At: tx.now, Failures: 1}
	}
	return translate(tx.db.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "subject"}, {Name: "at"}},
		DoUpdates: clause.Assignments(map[string]any{"failures": gorm.Expr("login_attempts.failures + 1")}),
	}).Create(&rows).Error)
}

// ForgetAttempts deletes what failed for a subject until a moment, so that no subject has more rows than count.
func (tx *Tx) ForgetAttempts(subject models.Digest, until time.Time) error {
	return translate(tx.db.Where("subject = ? AND at <= ?", subject, until).Delete(&models.LoginAttempt{}).Error)
}

// TakeBackAttempts undoes a CountAttempts of that moment.
func (tx *Tx) TakeBackAttempts(subjects []models.Digest, at time.Time) error {
	rows := func() *gorm.DB { return tx.db.Where("subject IN ? AND at = ?", subjects, at) }
	if err := rows().Where("failures <= 1").Delete(&models.LoginAttempt{}).Error; err != nil {
		return translate(err)
	}
	return translate(rows().Model(&models.LoginAttempt{}).Where("failures > 1").Update("failures", gorm.Expr("failures - 1")).Error)
}

// KnownDevices lists which of the browsers and addresses with these digests the user knows.
func (r Reader) KnownDevices(userID int64, digests []models.Digest) ([]models.KnownDevice, error) {
	return all[models.KnownDevice](r.db.Where("user_id = ? AND digest IN ?", userID, digests))
}

// KeepKnownDevice notes that a user signed in from a browser or address, and forgets those of its kind that were not used for longest
// when there are more than most. A user who is gone is ErrNotFound.
func (tx *Tx) KeepKnownDevice(device models.KnownDevice, most int) error {
	if err := tx.hold(subjects{users: []int64{device.UserID}}); err != nil {
		return err
	}
	device.Created, device.LastUsed = tx.now, tx.now
	result := tx.db.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "user_id"}, {Name: "kind"}, {Name: "digest"}},
		DoUpdates: clause.AssignmentColumns([]string{"last_used"}),
	}).Create(&device)
	if result.Error != nil {
		return translate(result.Error)
	}
	others := func() *gorm.DB {
		return tx.db.Where("user_id = ? AND kind = ? AND digest <> ?", device.UserID, device.Kind, device.Digest)
	}
	newest := others().Model(&models.KnownDevice{}).Select("digest").Order("last_used DESC, digest").Limit(most - 1)
	return translate(others().Where("digest NOT IN (?)", newest).Delete(&models.KnownDevice{}).Error)
}

// CountFailedSignIn counts a wrong password for the user's account, 0 for a name that nobody has, from a network.
func (tx *Tx) CountFailedSignIn(userID int64, network string) error {
	return translate(tx.db.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "hour"}, {Name: "user_id"}, {Name: "network"}},
		DoUpdates: clause.Assignments(map[string]any{"failures": gorm.Expr("failed_sign_ins.failures + 1"), "last": tx.now}),
	}).Create(&models.FailedSignIn{Hour: tx.now.Truncate(time.Hour), UserID: userID, Network: network, Failures: 1, Last: tx.now}).Error)
}

// FailedSignIns are wrong passwords of a time.
type FailedSignIns struct {
	Failures int64
	Accounts int64 // names that nobody has are one
	Networks int64
	Latest   []models.FailedSignIn `gorm:"-"` // the few latest pairs of account and network, each once
}

// FailedSignIns tells of those in the hours that began after a moment: of a user's account, of all for 0. Of very many the latest are read.
func (r Reader) FailedSignIns(after time.Time, userID int64) (f FailedSignIns, err error) {
	recent := r.db.Table("failed_sign_ins").Where("hour > ?", after).Order("hour DESC").Limit(previewTo)
	if userID != 0 {
		recent = recent.Where("user_id = ?", userID)
	}
	err = r.db.Table("(?) AS recent", recent).Select("COALESCE(SUM(failures), 0) AS failures, COUNT(DISTINCT user_id) AS accounts, COUNT(DISTINCT network) AS networks").Scan(&f).Error
	if err != nil || f.Failures == 0 {
		return f, translate(err)
	}
	pairs := r.db.Table("(?) AS recent", recent).Select("hour, user_id, network, last, SUM(failures) OVER (PARTITION BY user_id, network) AS failures, " +
		"row_number() OVER (PARTITION BY user_id, network ORDER BY hour DESC) AS nth")
	f.Latest, err = all[models.FailedSignIn](r.db.Table("(?) AS pairs", pairs).Where("nth = 1").Order("last DESC, user_id, network").Limit(5))
	return f, err
}

// ClearFailedSignIns deletes up to most counts of hours before lapsed, and returns their number.
func (tx *Tx) ClearFailedSignIns(lapsed time.Time, most int) (int64, error) {
	rows := tx.db.Model(&models.FailedSignIn{}).Select("hour, user_id, network").Where("hour < ?", lapsed).Order("hour").Limit(most)
	result := tx.db.Where("(hour, user_id, network) IN (?)", rows).Delete(&models.FailedSignIn{})
	return result.RowsAffected, translate(result.Error)
}

// ClearLoginAttempts deletes up to most counts of a moment before lapsed, and returns their number.
func (tx *Tx) ClearLoginAttempts(lapsed time.Time, most int) (int64, error) {
	rows := tx.db.Model(&models.LoginAttempt{}).Select("subject, at").Where("at < ?", lapsed).Order("at").Limit(most)
	result := tx.db.Where("(subject, at) IN (?)", rows).Delete(&models.LoginAttempt{})
	return result.RowsAffected, translate(result.Error)
}

// ClearKnownDevices deletes up to most browsers and addresses that were not used since lapsed, and returns their number.
func (tx *Tx) ClearKnownDevices(lapsed time.Time, most int) (int64, error) {
	rows := tx.db.Model(&models.KnownDevice{}).Select("user_id, kind, digest").Where("last_used < ?", lapsed).Order("last_used").Limit(most)
	result := tx.db.Where("(user_id, kind, digest) IN (?)", rows).Delete(&models.KnownDevice{})
	return result.RowsAffected, translate(result.Error)
}
