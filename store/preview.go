package store

import (
	"strconv"
	"time"

	"gatehouse/models"
)

// How many rows a preview reads for each of its numbers. Those of clearing look beside each row for others.
const (
	previewTo  = 10_000
	clearingTo = 3_000
)

// Amount is a number of rows. With More, the rows that were read hold so many, and there are others.
type Amount struct {
	Number int64
	More   bool
}

// Preview says how many rows of each kind something would revoke or delete.
type Preview struct {
	AccessTokens       Amount
	RefreshTokens      Amount
	AuthorizationCodes Amount
	DeviceCodes        Amount
	Sessions           Amount
}

// PreviewRevocation counts the access tokens of a user, of everybody for 0, of one platform if one is named; and with refreshTokens the
// refresh tokens that are not revoked, and access tokens of others that came with them.
func (r Reader) PreviewRevocation(userID int64, platform models.Platform, refreshTokens bool) (p Preview, err error) {
	var filters []Filter
	if userID != 0 {
		filters = append(filters, Filter{Field: "user", Value: strconv.FormatInt(userID, 10)})
	}
	if platform != "" {
		filters = append(filters, Filter{Field: "platform", Value: string(platform)})
	}
	tokens, err := r.AccessTokens(Query{Filters: filters, Limit: 1}, models.Visibility{All: true}) // which are counted
	if p.AccessTokens.Number = tokens.Count; err != nil || !refreshTokens {
		return p, err
	}
	condition, args := "revoked IS NULL", []any{}
	if userID != 0 {
		condition, args = condition+" AND user_id = ?", append(args, userID)
	}
	if platform != "" {
		condition, args = condition+" AND platform = ?", append(args, platform)
	}
	if p.RefreshTokens, err = r.amount("SELECT 1 AS hit FROM refresh_tokens WHERE "+condition, args...); err != nil || userID == 0 {
		return p, err
	}
	others, err := r.amount("SELECT CASE WHEN subject_user_id <> user_id AND access_token_id IS NOT NULL THEN 1 ELSE 0 END AS hit FROM refresh_tokens WHERE "+condition, args...)
	p.AccessTokens = Amount{p.AccessTokens.Number + others.Number, others.More}
	return p, err
}

// PreviewClearing counts what the steps of clearing would delete, one after the other; lapsed is as for them.
func (r Reader) PreviewClearing(lapsed time.Time) (p Preview, err error) {
	for _, each := range []struct {
		add  *Amount
		rows string
		args []any
	}{
		{&p.RefreshTokens, "SELECT 1 AS hit FROM refresh_tokens WHERE revoked < ? ORDER BY revoked", []any{lapsed}},
		{&p.RefreshTokens, "SELECT (SELECT count(*) FROM refresh_tokens AS r WHERE r.access_token_id = a.id AND r.expires <= ? AND (r.revoked IS NULL OR r.revoked >= ?)) AS hit " +
			"FROM access_tokens AS a WHERE a.expires < ? ORDER BY a.expires", []any{r.now, lapsed, lapsed}},
		{&p.RefreshTokens, "SELECT CASE WHEN expires <= ? THEN 1 ELSE 0 END AS hit FROM refresh_tokens WHERE access_token_id IS NULL AND revoked IS NULL AND created < ? ORDER BY created",
			[]any{r.now, lapsed}},
		{&p.AccessTokens, "SELECT CASE WHEN EXISTS (SELECT 1 FROM refresh_tokens AS r WHERE r.access_token_id = a.id AND (r.revoked IS NULL OR r.revoked >= ?) " +
			"AND (r.expires > ? OR a.expires >= ?)) THEN 0 ELSE 1 END AS hit FROM access_tokens AS a WHERE a.expires < ? ORDER BY a.expires", []any{lapsed, r.now, lapsed, r.now}},
		{&p.AuthorizationCodes, "SELECT CASE WHEN used IS NULL OR expires < ? THEN 1 ELSE 0 END AS hit FROM authorization_codes WHERE expires < ? ORDER BY expires",
			[]any{r.now.Add(-usedCodesKept), r.now}},
		{&p.DeviceCodes, "SELECT 1 AS hit FROM device_codes WHERE expires < ? ORDER BY expires", []any{r.now}},
	} {
		amount, err := r.amountTo(clearingTo, each.rows, each.args...)
		if err != nil {
			return p, err
		}
		*each.add = Amount{each.add.Number + amount.Number, each.add.More || amount.More}
	}
	return p, nil
}

// PreviewSessions counts the sessions of a user, of everybody for 0; the expired ones alone, or all.
func (r Reader) PreviewSessions(userID int64, expired bool) (p Preview, err error) {
	rows, args := "SELECT 1 AS hit FROM sessions", []any(nil)
	switch {
	case expired:
		rows, args = rows+" WHERE expires <= ? ORDER BY expires", []any{r.now}
	case userID != 0:
		rows, args = rows+" WHERE user_id = ?", []any{userID}
	}
	p.Sessions, err = r.amount(rows, args...)
	return p, err
}

// amount adds up the hits of the first previewTo rows.
func (r Reader) amount(rows string, args ...any) (Amount, error) {
	return r.amountTo(previewTo, rows, args...)
}

func (r Reader) amountTo(most int64, rows string, args ...any) (Amount, error) {
	var found struct{ Read, Hits int64 }
	err := r.db.Raw("SELECT count(*) AS read, COALESCE(SUM(hit), 0) AS hits FROM ("+rows+" LIMIT "+strconv.FormatInt(most+1, 10)+") AS rows_read", args...).Scan(&found).Error
	if found.Read <= most {
		return Amount{Number: found.Hits}, translate(err)
	}
	return Amount{min(found.Hits, most), true}, translate(err)
}
