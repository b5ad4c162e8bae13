package store

import (
	"errors"
	"time"

	"gatehouse/models"
)

// keyTokenPolicy is under which setting the token policy is kept.
const keyTokenPolicy = "token_policy"

// TokenPolicy is the token policy that was set; the zero one, where none was.
func (r Reader) TokenPolicy() (models.TokenPolicy, error) {
	text, err := r.Setting(keyTokenPolicy)
	if errors.Is(err, ErrNotFound) {
		return models.TokenPolicy{}, nil
	}
	if err != nil {
		return models.TokenPolicy{}, err
	}
	return models.ParseTokenPolicy(text)
}

// LockTokenPolicy loads like TokenPolicy and keeps other transactions from setting it.
func (tx *Tx) LockTokenPolicy() (models.TokenPolicy, error) {
	if err := tx.lock(lockOfTokenPolicy); err != nil {
		return models.TokenPolicy{}, err
	}
	return tx.TokenPolicy()
}

// SetTokenPolicy keeps the policy in place of an earlier one. It holds for whatever is asked after the transaction.
func (tx *Tx) SetTokenPolicy(p models.TokenPolicy) error {
	return tx.SetSetting(keyTokenPolicy, p.String())
}

// UnusedTokens counts the personal tokens that have not expired and were last used, or made where they never were, at the time until or before,
// and after the time since; the zero time is no bound.
func (r Reader) UnusedTokens(since, until time.Time) (Amount, error) {
	rows, args := "SELECT CASE WHEN expires > ? THEN 1 ELSE 0 END AS hit FROM access_tokens WHERE application_id IS NULL AND "+lastUse+" <= ?", []any{r.now, until}
	if !since.IsZero() {
		rows, args = rows+" AND "+lastUse+" > ?", append(args, since)
	}
	return r.amount(rows+" ORDER BY "+lastUse, args...)
}

// TokensExpiringAfter counts the personal tokens that live beyond the time.
func (r Reader) TokensExpiringAfter(at time.Time) (Amount, error) {
	return r.amount("SELECT 1 AS hit FROM access_tokens WHERE application_id IS NULL AND expires > ? ORDER BY expires", at)
}
