package server

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gatehouse/models"
	"gatehouse/store"
)

// Organization loads an organization that the actor may read.
func (s *Server) Organization(ctx context.Context, actor Actor, face models.Face, id int64) (*models.Organization, error) {
	organization, err := s.store.Read(ctx).Organization(id)
	if err != nil {
		return nil, err
	}
	return organization, s.policy.Organization(actor.Actor, models.ActionRead, organization, face)
}

// Organizations lists the organizations that the actor sees.
func (s *Server) Organizations(ctx context.Context, actor Actor, face models.Face, q store.Query) (store.Page[models.Organization], error) {
	q.Sees = s.policy.Sight(actor.Actor, face)
	return s.store.Read(ctx).Organizations(q, q.Sees.Organizations)
}

// Members lists the users who hold the role in the organization, or any where role is "", as far as the actor sees them.
func (s *Server) Members(ctx context.Context, actor Actor, face models.Face, organizationID int64, role models.Role, q store.Query) (store.Page[models.User], error) {
	if _, err := s.Organization(ctx, actor, face, organizationID); err != nil {
		return store.Page[models.User]{}, err
	}
	q.Sees = s.policy.Sight(actor.Actor, face)
	return s.store.Read(ctx).Members(organizationID, role, q, q.Sees.Users)
}

// OrganizationInput is what a caller says about an organization. A nil field was not given.
type OrganizationInput struct {
	Name        *string
	Description *string
}

// CreateOrganization makes an organization (contract §1.4).
func (s *Server) CreateOrganization(ctx context.Context, actor Actor, face models.Face, in OrganizationInput) (*models.Organization, error) {
	organization := &models.Organization{}
	assign(&organization.Name, in.Name)
	assign(&organization.Description, in.Description)
	if err := s.policy.Organization(actor.Actor, models.ActionCreate, organization, face); err != nil {
		return nil, err
	}
	if err := organization.Validate(); err != nil {
		return nil, err
	}
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		organization.ID, organization.Stamps = 0, actor.stamp(tx)
		if err := tx.CreateOrganization(organization); err != nil {
			return err
		}
		return tx.Record(actor.did(models.OperationCreate, organizationObject(organization), models.Added(organization.ActivityFields())))
	})
	if err != nil {
		return nil, fmt.Errorf("create organization: %w", organizationConflict(err))
	}
	return organization, nil
}

func organizationConflict(err error) error {
	if errors.Is(err, store.ErrConflict) {
		return models.Invalid{{Field: "name", Message: "Organization with this Name already exists."}}
	}
	return err
}

// UpdateOrganization changes an organization.
func (s *Server) UpdateOrganization(ctx context.Context, actor Actor, face models.Face, id int64, in OrganizationInput) (*models.Organization, error) {
	var organization *models.Organization
	err := s.store.Write(ctx, func(tx *store.Tx) (err error) {
		if organization, err = tx.LockOrganization(id); err != nil {
			return err
		}
		if err := s.policy.Organization(actor.Actor, models.ActionUpdate, organization, face); err != nil {
			return err
		}
		was := *organization
		assign(&organization.Name, in.Name)
		assign(&organization.Description, in.Description)
		if err := organization.Validate(); err != nil {
			return err
		}
		changes := models.Difference(was.ActivityFields(), organization.ActivityFields())
		if changes.Empty() {
			return nil
		}
		actor.touch(tx, &organization.Stamps)
		if err := tx.UpdateOrganization(organization); err != nil {
			return err
		}
		return tx.Record(actor.did(models.OperationUpdate, organizationObject(organization), changes))
	})
	if err != nil {
		return nil, fmt.Errorf("update organization: %w", organizationConflict(err))
	}
	return organization, nil
}

// Associate gives the user the role in the organization; it is no error when they hold it already. An unknown user is Invalid.
func (s *Server) Associate(ctx context.Context, actor Actor, organizationID, userID int64, role models.Role) error {
	return s.ChangeMembers(ctx, actor, models.ActionCreate, organizationID, []int64{userID}, role)
}

// Disassociate takes the role away; it is no error when they do not hold it.
func (s *Server) Disassociate(ctx context.Context, actor Actor, organizationID, userID int64, role models.Role) error {
	return s.ChangeMembers(ctx, actor, models.ActionDelete, organizationID, []int64{userID}, role)
}

// mostMembers is how many users one request makes members, or ends their membership: others wait for the database meanwhile.
const mostMembers = 1_000

// ChangeMembers gives the role to all the users (ActionCreate) or takes it from all of them (ActionDelete); after an error none of
// them is changed.
func (s *Server) ChangeMembers(ctx context.Context, actor Actor, action models.Action, organizationID int64, userIDs []int64, role models.Role) error {
	ids := slices.Compact(slices.Sorted(slices.Values(userIDs))) // always locked in the same order
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		if _, err := tx.LockOrganization(organizationID); err != nil {
			return err
		}
		// Before anybody is looked up: who may not even end a membership learns nothing about users.
		if err := s.policy.Membership(actor.Actor, models.ActionDelete, organizationID, &models.User{}); err != nil {
			return err
		}
		if len(ids) > mostMembers {
			return models.Invalid{{Field: "instances", Message: fmt.Sprintf("Ensure this field has no more than %d elements.", mostMembers)}}
		}
		for _, id := range ids {
			if err := s.changeMember(tx, actor, action, organizationID, id, role); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("change membership: %w", err)
	}
	return nil
}

func (s *Server) changeMember(tx *store.Tx, actor Actor, action models.Action, organizationID, userID int64, role models.Role) error {
	user, err := tx.LockUser(userID)
	if err != nil {
		return missing("id", &userID, err)
	}
	if err := s.policy.Membership(actor.Actor, action, organizationID, user); err != nil {
		return err
	}
	if action == models.ActionCreate {
		return addMember(tx, actor, organizationID, user, role)
	}
	removed, err := tx.RemoveMembership(organizationID, userID, role)
	if err != nil || !removed {
		return err
	}
	return recordMembership(tx, actor, models.OperationDisassociate, organizationID, user, role)
}

func addMember(tx *store.Tx, actor Actor, organizationID int64, user *models.User, role models.Role) error {
	added, err := tx.AddMembership(models.Membership{OrganizationID: organizationID, UserID: user.ID, Role: role, Created: tx.Now()})
	if err != nil || !added {
		return err
	}
	return recordMembership(tx, actor, models.OperationAssociate, organizationID, user, role)
}

func recordMembership(tx *store.Tx, actor Actor, operation models.Operation, organizationID int64, user *models.User, role models.Role) error {
	organization, err := tx.Organization(organizationID)
	if err != nil {
		return err
	}
	entry := withUser(actor.did(operation, organizationObject(organization), models.Changes{}), user)
	entry.Note = string(role)
	return tx.Record(entry)
}
