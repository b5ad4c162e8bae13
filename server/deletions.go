package server

import (
	"context"
	"fmt"

	"gatehouse/models"
	"gatehouse/store"
)

// What is deleted with all that hangs on it is locked first, applications before their owner: whoever is issuing a token of it ends
// before, whoever comes later finds it gone.

// DeleteApplication deletes an application with its tokens, refresh tokens, codes and consents: bearer use of any of its tokens is
// refused from then on (contract §7).
func (s *Server) DeleteApplication(ctx context.Context, actor Actor, face models.Face, id int64) error {
	err := s.store.WriteInTurn(ctx, func(tx *store.Tx) error {
		application, err := tx.LockApplication(id)
		if err != nil {
			return err
		}
		if err := s.policy.Application(actor.Actor, models.ActionDelete, application, face); err != nil {
			return err
		}
		return deleteApplication(tx, actor, application)
	})
	if err != nil {
		return fmt.Errorf("delete application: %w", err)
	}
	return nil
}

// DeleteUser deletes a user with all tokens, owned applications, codes, consents and sessions (contract §7).
func (s *Server) DeleteUser(ctx context.Context, actor Actor, face models.Face, id int64) error {
	err := s.store.WriteInTurn(ctx, func(tx *store.Tx) error {
		if _, err := tx.LockApplicationsOf(0, id); err != nil {
			return err
		}
		user, err := tx.LockUser(id)
		if err != nil {
			return err
		}
		if err := s.policy.User(actor.Actor, models.ActionDelete, user, face); err != nil {
			return err
		}
		return deleteUser(tx, actor, user)
	})
	if err != nil {
		return fmt.Errorf("delete user: %w", err)
	}
	return nil
}

// DeleteOrganization deletes an organization with its applications and all that hangs on them (contract §7).
func (s *Server) DeleteOrganization(ctx context.Context, actor Actor, face models.Face, id int64) error {
	err := s.store.WriteInTurn(ctx, func(tx *store.Tx) error {
		if _, err := tx.LockApplicationsOf(id, 0); err != nil {
			return err
		}
		organization, err := tx.LockOrganization(id)
		if err != nil {
			return err
		}
		if err := s.policy.Organization(actor.Actor, models.ActionDelete, organization, face); err != nil {
			return err
		}
		return deleteOrganization(tx, actor, organization)
	})
	if err != nil {
		return fmt.Errorf("delete organization: %w", err)
	}
	return nil
}

// deleteTokens deletes the refresh tokens and access tokens selected, however many, in steps.
func deleteTokens(tx *store.Tx, actor Actor, selection store.TokenSelection, note string) error {
	selection.Limit = revokeBatch
	for more := true; more; {
		refresh, err := tx.DeleteRefreshTokens(selection)
		if err != nil {
			return err
		}
		more = len(refresh) == revokeBatch
	}
	if selection.SubjectUserID != 0 {
		return nil // a selection of refresh tokens only
	}
	for more := true; more; {
		tokens, err := tx.DeleteAccessTokens(selection)
		if err != nil {
			return err
		}
		if err := tx.Record(deletions(actor, tokens, note)...); err != nil {
			return err
		}
		more = len(tokens) == revokeBatch
	}
	return nil
}

// deleteApplication deletes a locked application and all that hangs on it.
func deleteApplication(tx *store.Tx, actor Actor, a *models.Application) error {
	if err := deleteTokens(tx, actor, store.TokenSelection{ApplicationID: a.ID}, "application deleted"); err != nil {
		return err
	}
	if err := tx.DeleteApplication(a.ID); err != nil {
		return err
	}
	return tx.Record(actor.did(models.OperationDelete, applicationObject(a), models.Removed(a.ActivityFields())))
}

// deleteApplications deletes the applications of a locked organization, or of a locked owner.
func deleteApplications(tx *store.Tx, actor Actor, organizationID, ownerID int64) error {
	ids, err := tx.LockApplicationsOf(organizationID, ownerID)
	if err != nil {
		return err
	}
	for _, id := range ids {
		application, err := tx.Application(id)
		if err != nil {
			return err
		}
		if err := deleteApplication(tx, actor, application); err != nil {
			return err
		}
	}
	return nil
}

// deleteUser deletes a locked user and all that is theirs.
func deleteUser(tx *store.Tx, actor Actor, user *models.User) error {
	if err := deleteApplications(tx, actor, 0, user.ID); err != nil {
		return err
	}
	for _, selection := range []store.TokenSelection{{SubjectUserID: user.ID}, {UserID: user.ID}} {
		if err := deleteTokens(tx, actor, selection, "user deleted"); err != nil {
			return err
		}
	}
	if err := tx.DeleteUser(user.ID); err != nil {
		return err
	}
	if err := keepSuperuser(tx, user, &models.User{}); err != nil {
		return err
	}
	return tx.Record(actor.did(models.OperationDelete, userObject(user), models.Removed(user.ActivityFields())))
}

// deleteOrganization deletes a locked organization and its applications.
func deleteOrganization(tx *store.Tx, actor Actor, o *models.Organization) error {
	if err := deleteApplications(tx, actor, o.ID, 0); err != nil {
		return err
	}
	if err := tx.DeleteOrganization(o.ID); err != nil {
		return err
	}
	return tx.Record(actor.did(models.OperationDelete, organizationObject(o), models.Removed(o.ActivityFields())))
}
