package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gatehouse/models"
	"gatehouse/store"
)

// ErrWrongCredentials is the one answer to a sign-in that fails, for whatever reason.
var ErrWrongCredentials = errors.New("wrong username or password")

// Authenticate finds the active user with these credentials, for the actor of the context: here all sign-ins by password meet.
// Unknown names and wrong passwords take the same time and are ErrWrongCredentials alike; after too many of them all are *Throttled,
// right ones too, and cost no hashing. What another system made of the password is replaced by a digest of ours.
func (s *Server) Authenticate(ctx context.Context, username, password string) (*models.User, error) {
	user, err := s.store.Read(ctx).UserByName(username)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("authenticate: %w", err)
	}
	try, err := s.attempt(ctx, ActorFrom(ctx), user, username)
	if err == nil {
		err = s.authenticate(ctx, try, user, password)
	}
	if err != nil {
		return nil, fmt.Errorf("authenticate: %w", err)
	}
	return user, nil
}

func (s *Server) authenticate(ctx context.Context, try *attempt, user *models.User, password string) error {
	admit := func() error { return s.admit(ctx, try) }
	if err := admit(); err != nil { // before anybody waits for a turn
		return err
	}
	ok, err := s.passwords.verify(ctx, user, password, admit)
	if ok && user.Password.Foreign() {
		ok, err = s.storeAnew(ctx, user, password)
	}
	switch {
	case err != nil:
		return s.withdraw(ctx, try, err)
	case !ok:
		s.evenOut(ctx, user, password)
		return s.failed(ctx, try)
	default:
		return s.succeeded(ctx, try, user)
	}
}

// SignIn authenticates a person and starts a session, whose id is returned this once. A session that the browser already had must
// be ended by the caller: a new one is made at each sign-in. ErrWrongCredentials, *Throttled.
func (s *Server) SignIn(ctx context.Context, actor Actor, username, password, agent string) (models.Secret, *models.User, error) {
	user, err := s.Authenticate(WithActor(ctx, actor), username, password)
	if err != nil {
		return models.Secret{}, nil, err
	}
	id, err := s.StartSession(ctx, actor, user, agent)
	return id, user, err
}

// StartSession signs a user in who was authenticated otherwise, as by first-run setup. A user who was disabled or got another
// password since then is ErrWrongCredentials: the change has ended their sessions and this one must not outlive it.
func (s *Server) StartSession(ctx context.Context, actor Actor, user *models.User, agent string) (models.Secret, error) {
	id := models.NewSecret(models.TokenLength)
	actor.User = user
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		if err := lockSignedIn(tx, user); err != nil {
			return err
		}
		session := &models.Session{Digest: id.Digest(), UserID: user.ID, Address: actor.Address, Agent: shorten(agent, 300),
			Created: tx.Now(), LastSeen: tx.Now(), Expires: after(tx.Now(), s.lifetimes.Session)}
		if err := tx.CreateSession(session); err != nil {
			return err
		}
		if s.options.SessionsPerUser > 0 {
			if err := tx.KeepNewestSessions(user.ID, s.options.SessionsPerUser); err != nil {
				return err
			}
		}
		if err := tx.SetLastLogin(user.ID, tx.Now()); err != nil {
			return err
		}
		if err := s.recognise(tx, actor); err != nil {
			return err
		}
		return tx.Record(actor.did(models.OperationSignIn, userObject(user), models.Changes{}))
	})
	if err != nil {
		return models.Secret{}, fmt.Errorf("start session: %w", err)
	}
	return id, nil
}

// lockSignedIn makes sure that the user is still the one who was authenticated, and lets sign-ins of one user pass one by one.
func lockSignedIn(tx *store.Tx, authenticated *models.User) error {
	user, err := tx.LockUser(authenticated.ID)
	if errors.Is(err, store.ErrNotFound) || err == nil && (!user.IsActive || user.Password != authenticated.Password) {
		return ErrWrongCredentials
	}
	return err
}

// shorten cuts what a client says of itself to at most most characters of valid UTF-8 without NUL.
func shorten(text string, most int) string {
	clean := make([]rune, 0, min(len(text), most))
	for _, r := range text {
		if len(clean) == most {
			break
		}
		if r != 0 {
			clean = append(clean, r)
		}
	}
	return string(clean)
}

// AuthenticateSession finds who holds the session id, and keeps the session alive. Unknown and expired ones, and those of disabled
// users, are ErrWrongCredentials.
func (s *Server) AuthenticateSession(ctx context.Context, id models.Secret) (*models.Session, *models.User, error) {
	session, err := s.store.Read(ctx).SessionByDigest(id.Digest())
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, ErrWrongCredentials
	}
	if err != nil {
		return nil, nil, fmt.Errorf("authenticate session: %w", err)
	}
	now := s.Now()
	if !now.Before(session.Expires) {
		return nil, nil, ErrWrongCredentials
	}
	user, err := s.store.Read(ctx).User(session.UserID)
	if errors.Is(err, store.ErrNotFound) || err == nil && !user.IsActive {
		return nil, nil, ErrWrongCredentials
	}
	if err != nil {
		return nil, nil, fmt.Errorf("authenticate session: %w", err)
	}
	return session, user, s.keepSession(ctx, session, now)
}

// keepSession moves the expiry of a session in use, not at each request but well before it matters.
func (s *Server) keepSession(ctx context.Context, session *models.Session, now time.Time) error {
	pause := min(60, s.lifetimes.Session/10)
	if now.Before(after(session.LastSeen, pause)) {
		return nil
	}
	session.LastSeen, session.Expires = now, after(now, s.lifetimes.Session)
	err := s.store.Write(ctx, func(tx *store.Tx) error { return tx.TouchSession(session.ID, session.LastSeen, session.Expires) })
	if err != nil {
		return fmt.Errorf("keep session: %w", err)
	}
	return nil
}

// SignOut ends the actor's session; without one it does nothing.
func (s *Server) SignOut(ctx context.Context, actor Actor) error {
	if actor.Session == nil {
		return nil
	}
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		if err := tx.DeleteSession(actor.Session.ID); err != nil {
			return err
		}
		return tx.Record(actor.did(models.OperationSignOut, userObject(actor.User), models.Changes{}))
	})
	if err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return nil
}

// Sessions lists the sessions that have not expired and that the actor may see.
func (s *Server) Sessions(ctx context.Context, actor Actor, face models.Face, q store.Query) (store.Page[models.Session], error) {
	q.Sees = s.policy.Sight(actor.Actor, face)
	return s.store.Read(ctx).LiveSessions(q, s.policy.VisibleSessions(actor.Actor))
}

// Session loads one of them. Another's is refused as if it were there.
func (s *Server) Session(ctx context.Context, actor Actor, id int64) (*models.Session, error) {
	session, err := s.store.Read(ctx).Session(id)
	if err != nil {
		return nil, err
	}
	return session, s.policy.Session(actor.Actor, session)
}

// EndSession ends a session: what it signed in is signed out from then on.
func (s *Server) EndSession(ctx context.Context, actor Actor, id int64) error {
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		session, err := tx.Session(id)
		if err != nil {
			return err
		}
		if err := s.policy.Session(actor.Actor, session); err != nil {
			return err
		}
		if err := tx.DeleteSession(id); err != nil {
			return err
		}
		entry := actor.did(models.OperationSignOut, userObject(session.User), models.Changes{})
		entry.Note = "ended a session"
		return tx.Record(entry)
	})
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// EndOtherSessions ends all sessions of the actor but the one that asks, and returns their number.
func (s *Server) EndOtherSessions(ctx context.Context, actor Actor) (ended int64, err error) {
	if actor.User == nil || actor.Session == nil {
		return 0, &models.Denied{Outcome: models.Forbidden}
	}
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		if ended, err = tx.DeleteSessions(actor.User.ID, actor.Session.ID); err != nil || ended == 0 {
			return err
		}
		entry := actor.did(models.OperationSignOut, userObject(actor.User), models.Changes{})
		entry.Note = fmt.Sprintf("ended %d other sessions", ended)
		return tx.Record(entry)
	})
	if err != nil {
		return 0, fmt.Errorf("end other sessions: %w", err)
	}
	return ended, nil
}

// ExpireSessions ends all sessions there are, or those of the user named, each user's in a transaction of its own (contract §6). At its
// end one more entry tells the numbers. An unknown user is store.ErrNotFound.
func (s *Server) ExpireSessions(ctx context.Context, actor Actor, username string) error {
	_, err := s.expireSessions(ctx, actor, username)
	return err
}

// expireSessions gives the id of the last entry too, 0 where nobody was signed in.
func (s *Server) expireSessions(ctx context.Context, actor Actor, username string) (int64, error) {
	if err := s.policy.Maintain(actor.Actor); err != nil {
		return 0, err
	}
	var of int64
	if username != "" {
		user, err := s.store.Read(ctx).UserByName(username)
		if err != nil {
			return 0, fmt.Errorf("expire sessions: %w", err)
		}
		of = user.ID
	}
	sessions, err := s.store.Read(ctx).Sessions(of)
	if err != nil {
		return 0, fmt.Errorf("expire sessions: %w", err)
	}
	done, all := map[int64]bool{}, int64(0)
	for _, session := range sessions {
		if done[session.UserID] {
			continue
		}
		var ended int64
		if ended, err = s.expireSessionsOf(ctx, actor, session.UserID); err != nil {
			err = fmt.Errorf("expire sessions: %w", err)
			break
		}
		done[session.UserID], all = true, all+ended
		advance(ctx, ended)
	}
	if all == 0 {
		return 0, err
	}
	return s.recordRun(ctx, actor, models.ObjectSession, fmt.Sprintf("ended %d sessions of %d users", all, len(done)), err)
}

func (s *Server) expireSessionsOf(ctx context.Context, actor Actor, userID int64) (ended int64, err error) {
	err = s.store.Write(ctx, func(tx *store.Tx) error {
		user, err := tx.User(userID)
		if errors.Is(err, store.ErrNotFound) {
			return nil // deleted meanwhile, with all sessions
		}
		if err != nil {
			return err
		}
		if ended, err = tx.DeleteSessions(userID, 0); err != nil || ended == 0 {
			return err
		}
		entry := actor.did(models.OperationSignOut, userObject(user), models.Changes{})
		entry.Note = fmt.Sprintf("ended %d sessions", ended)
		return tx.Record(entry)
	})
	return ended, err
}
