package server

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/models"
	"gatehouse/store"
)

// User loads a user, with memberships, whom the actor may read.
func (s *Server) User(ctx context.Context, actor Actor, face models.Face, id int64) (*models.User, error) {
	user, err := s.store.Read(ctx).User(id)
	if err != nil {
		return nil, err
	}
	return user, s.policy.User(actor.Actor, models.ActionRead, user, face)
}

// UserByName loads like User, by the exact username.
func (s *Server) UserByName(ctx context.Context, actor Actor, face models.Face, username string) (*models.User, error) {
	user, err := s.store.Read(ctx).UserByName(username)
	if err != nil {
		return nil, err
	}
	return user, s.policy.User(actor.Actor, models.ActionRead, user, face)
}

// Users lists the users that the actor sees.
func (s *Server) Users(ctx context.Context, actor Actor, face models.Face, q store.Query) (store.Page[models.User], error) {
	q.Sees = s.policy.Sight(actor.Actor, face)
	return s.store.Read(ctx).Users(q, q.Sees.Users)
}

// UserInput is what a caller says about a user. A nil field was not given.
type UserInput struct {
	Username          *string
	Password          *string
	FirstName         *string
	LastName          *string
	Email             *string
	IsSuperuser       *bool
	IsPlatformAuditor *bool
	IsActive          *bool
}

func (in UserInput) apply(u *models.User) {
	assign(&u.Username, in.Username)
	assign(&u.FirstName, in.FirstName)
	assign(&u.LastName, in.LastName)
	assign(&u.Email, in.Email)
	assign(&u.IsSuperuser, in.IsSuperuser)
	assign(&u.IsPlatformAuditor, in.IsPlatformAuditor)
	assign(&u.IsActive, in.IsActive)
}

// CreateUser makes a user (contract §1.3). With an organization id other than 0 the user becomes a member of it in the same step,
// which its administrators may ask for (contract §1.4).
func (s *Server) CreateUser(ctx context.Context, actor Actor, face models.Face, in UserInput, organizationID int64) (*models.User, error) {
	user := &models.User{IsActive: true}
	in.apply(user)
	if err := s.mayCreateUser(actor, face, user, organizationID); err != nil {
		return nil, err
	}
	if err := s.digestPassword(ctx, user, in.Password, true); err != nil {
		return nil, err
	}
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		user.ID, user.Stamps = 0, actor.stamp(tx)
		if err := tx.CreateUser(user); err != nil {
			return err
		}
		if err := tx.Record(actor.did(models.OperationCreate, userObject(user), models.Added(user.ActivityFields()))); err != nil {
			return err
		}
		if organizationID == 0 {
			return nil
		}
		return addMember(tx, actor, organizationID, user, models.RoleMember)
	})
	if err != nil {
		return nil, fmt.Errorf("create user: %w", usernameConflict(err))
	}
	return s.store.Read(ctx).User(user.ID)
}

func (s *Server) mayCreateUser(actor Actor, face models.Face, user *models.User, organizationID int64) error {
	made := *user
	made.CreatedBy = actor.id()
	err := s.policy.User(actor.Actor, models.ActionCreate, user, face)
	if organizationID != 0 {
		err = s.policy.Membership(actor.Actor, models.ActionCreate, organizationID, &made)
	}
	if err != nil {
		return err
	}
	return s.policy.UserChange(actor.Actor, &models.User{IsActive: true}, user)
}

// PasswordRequired is said where a user is made without a password.
const PasswordRequired = "Password required for new User."

// digestPassword validates the user and sets the digest of a password that was given, outside of any transaction.
func (s *Server) digestPassword(ctx context.Context, user *models.User, password *string, required bool) error {
	var invalid models.Invalid
	if err := user.Validate(); err != nil && !errors.As(err, &invalid) {
		return err
	}
	switch {
	case password == nil && required:
		invalid.Add("password", PasswordRequired)
	case password != nil:
		var weak models.Invalid
		if errors.As(checkPassword("password", *password), &weak) {
			invalid = append(invalid, weak...)
		}
	}
	if err := invalid.Err(); err != nil || password == nil {
		return err
	}
	digest, err := s.passwords.digest(ctx, *password)
	user.Password = digest
	return err
}

// UsernameTaken is said where a name is another user's.
const UsernameTaken = "A user with that username already exists."

func usernameConflict(err error) error {
	if errors.Is(err, store.ErrConflict) {
		return models.Invalid{{Field: "username", Message: UsernameTaken}}
	}
	return err
}

// UpdateUser changes a user (contract §1.3). A new password ends the user's sessions but the actor's own.
func (s *Server) UpdateUser(ctx context.Context, actor Actor, face models.Face, id int64, in UserInput) (*models.User, error) {
	planned, err := s.store.Read(ctx).User(id)
	if err != nil {
		return nil, err
	}
	if err := s.changeUser(actor, face, planned, in); err != nil {
		return nil, err
	}
	if err := s.digestPassword(ctx, planned, in.Password, false); err != nil {
		return nil, err
	}
	var user *models.User
	err = s.store.Write(ctx, func(tx *store.Tx) (err error) {
		if user, err = tx.LockUser(id); err != nil {
			return err
		}
		was := *user
		if err := s.changeUser(actor, face, user, in); err != nil {
			return err
		}
		if in.Password != nil {
			user.Password = planned.Password
		}
		return s.saveUser(tx, actor, &was, user)
	})
	if err != nil {
		return nil, fmt.Errorf("update user: %w", usernameConflict(err))
	}
	return user, nil
}

func (s *Server) changeUser(actor Actor, face models.Face, user *models.User, in UserInput) error {
	if err := s.policy.User(actor.Actor, models.ActionUpdate, user, face); err != nil {
		return err
	}
	was := *user
	in.apply(user)
	return s.policy.UserChange(actor.Actor, &was, user)
}

func (s *Server) saveUser(tx *store.Tx, actor Actor, was, is *models.User) error {
	changes := models.Difference(was.ActivityFields(), is.ActivityFields())
	newPassword := was.Password != is.Password
	if changes.Empty() && !newPassword {
		return nil
	}
	actor.touch(tx, &is.Stamps)
	if err := tx.UpdateUser(is); err != nil {
		return err
	}
	if err := keepSuperuser(tx, was, is); err != nil {
		return err
	}
	entry := actor.did(models.OperationUpdate, userObject(is), changes)
	if newPassword {
		entry.Note = "password changed"
		entry.Changes.Conceal("password")
		if _, err := tx.DeleteSessions(is.ID, actor.sessionID()); err != nil {
			return err
		}
	}
	return tx.Record(entry)
}

// sessionID is the acting session's id, 0 without one.
func (a Actor) sessionID() int64 {
	if a.Session == nil {
		return 0
	}
	return a.Session.ID
}

// keepSuperuser refuses a change that would leave nobody who can administer the product.
func keepSuperuser(tx *store.Tx, was, is *models.User) error {
	if !was.IsSuperuser || !was.IsActive || is.IsSuperuser && is.IsActive {
		return nil
	}
	left, err := tx.SuperuserBeside(was.ID)
	if err == nil && !left {
		return &models.Denied{Outcome: models.Forbidden, Message: "This is the last active superuser. Make another one first."}
	}
	return err
}
