package server

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/models"
)

// ErrSignInAgain says that somebody who has no password here has to sign in again before something dangerous.
var ErrSignInAgain = errors.New("the sign-in was too long ago")

// RecentSignIn is for how many seconds a sign-in confirms who is there, where there is no password to ask for.
const RecentSignIn = 300

// ConfirmActor asks whether it is the signed-in person themselves who does something dangerous, and not somebody who found the browser open.
// Their password says so; a wrong one is ErrWrongCredentials and counts as a failed sign-in does, *Throttled. Who signs in elsewhere and has
// no password here must have signed in a moment ago, else it is ErrSignInAgain.
func (s *Server) ConfirmActor(ctx context.Context, actor Actor, password string) error {
	switch {
	case actor.User == nil:
		return &models.Denied{Outcome: models.Unauthenticated}
	case actor.User.Password.Usable():
		user, err := s.Authenticate(WithActor(ctx, actor), actor.User.Username, password)
		if err == nil && user.ID != actor.User.ID { // who was renamed meanwhile
			err = ErrWrongCredentials
		}
		return err
	case actor.Session == nil || !s.Now().Before(after(actor.Session.Created, RecentSignIn)):
		return fmt.Errorf("confirm who is there: %w", ErrSignInAgain)
	}
	return nil
}
