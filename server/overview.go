package server

import (
	"context"
	"time"

	"gatehouse/models"
	"gatehouse/store"
)

const (
	issuedDays  = 30             // how far back an overview tells of tokens that were issued
	failedSince = 24 * time.Hour // and of sign-ins that failed
	endingSoon  = 7 * 24 * time.Hour
)

// Overview is what there is to say of the tokens that somebody sees, and of sign-ins to the accounts that they watch over.
type Overview struct {
	Everybody     bool               // all there is; otherwise what concerns the actor
	Active        []store.TokenCount // that have not expired, by platform and kind
	Ending        int64              // personal ones that expire within 7 days
	Issued        []store.TokenCount // since FirstDay, by the day on which they were made; those that are gone do not count
	FirstDay      time.Time          // of the 30 that end today, UTC
	NeverUsed     store.Amount       // personal ones that have not expired
	OldestUnused  *models.AccessToken
	FailedSignIns store.FailedSignIns // of the last 24 hours
}

// Days is how many days there are from FirstDay on.
func (Overview) Days() int { return issuedDays }

// Overview tells the actor what there is, by the console. A token that its idle lifetime ended counts as active, as it would work again under
// another policy.
func (s *Server) Overview(ctx context.Context, actor Actor) (o Overview, err error) {
	read, seen, now := s.store.Read(ctx), s.policy.VisibleTokens(actor.Actor, models.FaceConsole), s.Now()
	o.Everybody = seen.All
	o.FirstDay = now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-issuedDays)
	figures, err := read.TokenFigures(now.Add(endingSoon), o.FirstDay.Unix()/secondsOfDay, seen)
	if err != nil {
		return o, err
	}
	o.Active, o.Ending, o.Issued = figures.Active, figures.Ending, figures.Issued
	if o.NeverUsed, o.OldestUnused, err = read.NeverUsed(seen); err != nil {
		return o, err
	}
	account := actor.ID()
	if seen.All {
		account = 0
	}
	o.FailedSignIns, err = read.FailedSignIns(now.Add(-failedSince), account)
	return o, err
}
