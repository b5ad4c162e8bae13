package server

import (
	"context"
	"fmt"

	"gatehouse/models"
	"gatehouse/store"
)

// UpdateApplication changes an application (contract §1.2). The grant type and the owner stay as they are. The secret is empty
// unless the client turned from public to confidential: then it is new, and shown this once. Changed redirect URIs drop the
// consents given for the old ones.
func (s *Server) UpdateApplication(ctx context.Context, actor Actor, face models.Face, id int64, in ApplicationInput) (*models.Application, models.Secret, error) {
	var secret models.Secret
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		secret = models.Secret{}
		application, err := tx.LockApplication(id)
		if err != nil {
			return err
		}
		if err := s.policy.Application(actor.Actor, models.ActionUpdate, application, face); err != nil {
			return err
		}
		was := *application
		if err := s.changeApplication(tx, actor, face, application, in); err != nil {
			return err
		}
		if application.ClientType != was.ClientType {
			if secret, err = renewSecret(tx, application); err != nil {
				return err
			}
		}
		return saveApplication(tx, actor, &was, application)
	})
	if err != nil {
		return nil, models.Secret{}, fmt.Errorf("update application: %w", applicationConflict(face, err))
	}
	application, err := s.store.Read(ctx).Application(id)
	return application, secret, err
}

// changeApplication sets what was given and asks whether it may be so.
func (s *Server) changeApplication(tx *store.Tx, actor Actor, face models.Face, a *models.Application, in ApplicationInput) error {
	was := *a
	if in.OrganizationID != nil && *in.OrganizationID == nil && was.OrganizationID != nil {
		return models.Invalid{{Field: "organization", Message: "This field may not be null."}}
	}
	s.applyApplicationInput(actor, a, in)
	if a.ClientType != was.ClientType && in.RequirePKCE == nil {
		a.RequirePKCE = a.RequirePKCE || requiresPKCE(a)
	}
	unknown := setGrantTypes(a, in)
	if err := s.policy.Application(actor.Actor, models.ActionUpdate, a, face); err != nil {
		return err
	}
	if unknown != nil {
		return unknown
	}
	if err := s.checkApplication(tx.Reader, a); err != nil {
		return err
	}
	return s.policy.ApplicationChange(actor.Actor, &was, a)
}

func saveApplication(tx *store.Tx, actor Actor, was, is *models.Application) error {
	changes := models.Difference(was.ActivityFields(), is.ActivityFields())
	if changes.Empty() {
		return nil
	}
	actor.touch(tx, &is.Stamps)
	if err := tx.UpdateApplication(is); err != nil {
		return err
	}
	if is.RedirectURIs.String() != was.RedirectURIs.String() {
		if err := tx.DropConsents(is.ID); err != nil {
			return err
		}
	}
	if is.ClientType != was.ClientType { // a new secret, or none any more
		changes.Conceal("client_secret")
	}
	return tx.Record(actor.did(models.OperationUpdate, applicationObject(is), changes))
}
