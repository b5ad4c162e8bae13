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

// Overview is what there is to say of all tokens and accounts, or of one's own.
type Overview struct {
	Everybody     bool               // all there is; otherwise what is the actor's own
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

// Overview tells who sees everything of all there is, others of their own, by the console. A token that its idle lifetime ended counts as active, as it would work again under
// another policy.
func (s *Server) Overview(ctx context.Context, actor Actor) (o Overview, err error) {
	read, now, whose := s.store.Read(ctx), s.Now(), actor.ID()
	if o.Everybody = s.policy.VisibleTokens(actor.Actor, models.FaceConsole).All; o.Everybody {
		whose = 0
	}
	o.FirstDay = now.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1-issuedDays)
	figures, err := read.TokenFigures(now.Add(endingSoon), o.FirstDay.Unix()/secondsOfDay, whose)
	if err != nil {
		return o, err
	}
	o.Active, o.Ending, o.Issued = figures.Active, figures.Ending, figures.Issued
	if o.NeverUsed, o.OldestUnused, err = read.NeverUsed(whose); err != nil {
		return o, err
	}
	o.FailedSignIns, err = read.FailedSignIns(now.Add(-failedSince), whose)
	return o, err
}
