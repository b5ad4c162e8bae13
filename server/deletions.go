package server

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/models"
	"gatehouse/store"
)

// What is deleted with all that hangs on it is locked first, applications before their owner: whoever is issuing a token of it ends
// before. Tokens that were there at the beginning go first, and where there are more than a batch, in transactions of their own, so that others have their turn
// between them (ADR 0035). The last transaction takes what came meanwhile and the thing: whoever comes later finds it gone. A deletion that is stopped half-way leaves
// the thing with the rest of its tokens, and is taken up by the next.

// deletion is one of these transactions.
type deletion struct {
	tx                      *store.Tx
	actor                   Actor
	left                    int   // how many tokens from before it may still take
	lastRefresh, lastAccess int64 // the ids of the last ones from before
}

// errUnfinished says that a transaction has taken what it may, and that there is more.
var errUnfinished = errors.New("there are more tokens")

// delete runs the transactions of a deletion, each from its beginning, with what the thing is by then. Nobody who goes away ends it between two.
func (s *Server) delete(ctx context.Context, actor Actor, what func(*deletion) error) error {
	pace := s.newPace(revokeBatch, quietBatch)
	lastRefresh, lastAccess, err := s.store.Read(ctx).LastTokens()
	if err != nil {
		return err
	}
	for {
		unfinished := false
		err := pace.run(ctx, func(tx *store.Tx) error {
			err := what(&deletion{tx, actor, pace.rows, lastRefresh, lastAccess})
			if unfinished = errors.Is(err, errUnfinished); unfinished {
				return nil
			}
			return err
		})
		if err != nil || !unfinished {
			return err
		}
		ctx = context.WithoutCancel(ctx)
		if err := pace.rest(ctx); err != nil {
			return err
		}
	}
}

// DeleteApplication deletes an application with its tokens, refresh tokens, codes and consents: bearer use of any of its tokens is
// refused from then on (contract §7).
func (s *Server) DeleteApplication(ctx context.Context, actor Actor, face models.Face, id int64) error {
	err := s.delete(ctx, actor, func(d *deletion) error {
		application, err := d.tx.LockApplication(id)
		if err != nil {
			return err
		}
		if err := s.policy.Application(actor.Actor, models.ActionDelete, application, face); err != nil {
			return err
		}
		return d.application(application)
	})
	if err != nil {
		return fmt.Errorf("delete application: %w", err)
	}
	return nil
}

// DeleteUser deletes a user with all tokens, owned applications, codes, consents and sessions (contract §7).
func (s *Server) DeleteUser(ctx context.Context, actor Actor, face models.Face, id int64) error {
	err := s.delete(ctx, actor, func(d *deletion) error {
		if _, err := d.tx.LockApplicationsOf(0, id); err != nil {
			return err
		}
		user, err := d.tx.LockUser(id)
		if err != nil {
			return err
		}
		if err := s.policy.User(actor.Actor, models.ActionDelete, user, face); err != nil {
			return err
		}
		return d.user(user)
	})
	if err != nil {
		return fmt.Errorf("delete user: %w", err)
	}
	return nil
}

// DeleteOrganization deletes an organization with its applications and all that hangs on them (contract §7).
func (s *Server) DeleteOrganization(ctx context.Context, actor Actor, face models.Face, id int64) error {
	err := s.delete(ctx, actor, func(d *deletion) error {
		if _, err := d.tx.LockApplicationsOf(id, 0); err != nil {
			return err
		}
		organization, err := d.tx.LockOrganization(id)
		if err != nil {
			return err
		}
		if err := s.policy.Organization(actor.Actor, models.ActionDelete, organization, face); err != nil {
			return err
		}
		return d.organization(organization)
	})
	if err != nil {
		return fmt.Errorf("delete organization: %w", err)
	}
	return nil
}

// tokens deletes the refresh tokens and access tokens selected: those from before, as many as it may, and then those that came since.
func (d *deletion) tokens(selection store.TokenSelection, note string) error {
	refresh := func(some store.TokenSelection) (int, error) {
		tokens, err := d.tx.DeleteRefreshTokens(some)
		return len(tokens), err
	}
	access := func(some store.TokenSelection) (int, error) {
		tokens, err := d.tx.DeleteAccessTokens(some)
		if err != nil {
			return 0, err
		}
		return len(tokens), d.tx.Record(deletions(d.actor, tokens, note)...)
	}
	err := d.each(selection, d.lastRefresh, refresh)
	if err != nil || selection.SubjectUserID != 0 { // a selection of refresh tokens only
		return err
	}
	return d.each(selection, d.lastAccess, access)
}

func (d *deletion) each(selection store.TokenSelection, last int64, remove func(store.TokenSelection) (int, error)) error {
	before := selection
	before.UpTo, before.Limit = last, d.left
	removed, err := remove(before)
	if err != nil {
		return err
	}
	if d.left -= removed; d.left == 0 {
		return errUnfinished
	}
	_, err = remove(selection)
	return err
}

// application deletes a locked application and all that hangs on it.
func (d *deletion) application(a *models.Application) error {
	if err := d.tokens(store.TokenSelection{ApplicationID: a.ID}, "application deleted"); err != nil {
		return err
	}
	if err := d.tx.DeleteApplication(a.ID); err != nil {
		return err
	}
	return d.tx.Record(d.actor.did(models.OperationDelete, applicationObject(a), models.Removed(a.ActivityFields())))
}

// applications deletes the applications of a locked organization, or of a locked owner.
func (d *deletion) applications(organizationID, ownerID int64) error {
	ids, err := d.tx.LockApplicationsOf(organizationID, ownerID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		application, err := d.tx.Application(id)
		if err != nil {
			return err
		}
		if err := d.application(application); err != nil {
			return err
		}
	}
	return nil
}

// user deletes a locked user and all that is theirs.
func (d *deletion) user(user *models.User) error {
	if err := keepSuperuser(d.tx, user, &models.User{}); err != nil {
		return err
	}
	if err := d.applications(0, user.ID); err != nil {
		return err
	}
	for _, selection := range []store.TokenSelection{{SubjectUserID: user.ID}, {UserID: user.ID}} {
		if err := d.tokens(selection, "user deleted"); err != nil {
			return err
		}
	}
	if err := d.tx.DeleteUser(user.ID); err != nil {
		return err
	}
	return d.tx.Record(d.actor.did(models.OperationDelete, userObject(user), models.Removed(user.ActivityFields())))
}

// organization deletes a locked organization and its applications.
func (d *deletion) organization(o *models.Organization) error {
	if err := d.applications(o.ID, 0); err != nil {
		return err
	}
	if err := d.tx.DeleteOrganization(o.ID); err != nil {
		return err
	}
	return d.tx.Record(d.actor.did(models.OperationDelete, organizationObject(o), models.Removed(o.ActivityFields())))
}
