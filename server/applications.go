package server

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/models"
	"gatehouse/store"
)

// Application loads an application that the actor may read through the face.
func (s *Server) Application(ctx context.Context, actor Actor, face models.Face, id int64) (*models.Application, error) {
	application, err := s.store.Read(ctx).Application(id)
	if err != nil {
		return nil, err
	}
	return application, s.policy.Application(actor.Actor, models.ActionRead, application, face)
}

// ApplicationByName loads like Application, by the name and its organization's.
func (s *Server) ApplicationByName(ctx context.Context, actor Actor, face models.Face, name, organization string) (*models.Application, error) {
	application, err := s.store.Read(ctx).ApplicationByName(name, organization)
	if err != nil {
		return nil, err
	}
	return application, s.policy.Application(actor.Actor, models.ActionRead, application, face)
}

// Applications lists the applications that the actor sees through the face.
func (s *Server) Applications(ctx context.Context, actor Actor, face models.Face, q store.Query) (store.Page[models.Application], error) {
	q.Sees = s.policy.Sight(actor.Actor, face)
	return s.store.Read(ctx).Applications(q, q.Sees.Applications)
}

// ApplicationTokens gives, for each of the applications, the number of its tokens and the first ten of them.
func (s *Server) ApplicationTokens(ctx context.Context, ids []int64) (map[int64]store.Page[models.AccessToken], error) {
	return s.store.Read(ctx).AccessTokenHints(ids, 10)
}

// ApplicationInput is what a caller says about an application. A nil field was not given; OrganizationID and UserID point to nil
// when null was given.
type ApplicationInput struct {
	Name                   *string
	Description            *string
	OrganizationID         **int64
	UserID                 **int64 // gateway, creation only
	ClientType             *string
	AuthorizationGrantType *string       // creation only
	GrantTypes             *models.Words // gateway only
	RedirectURIs           *models.Words
	PostLogoutRedirectURIs *models.Words // gateway only
	ResourceURIs           *models.Words // gateway only, by a superuser
	Algorithm              *string       // gateway only
	SkipAuthorization      *bool
	RequirePKCE            *bool  // gateway only
	IntrospectAll          *bool  // gateway only, by a superuser
	Form                   string // creation only: the single-use number of the form that asks, "" for none
}

// CreateApplication registers a client of the face's platform (contract §1.2). The secret is the one time that it can be read; it is
// empty for a public client. A form that comes again is *Repeated.
func (s *Server) CreateApplication(ctx context.Context, actor Actor, face models.Face, in ApplicationInput) (*models.Application, models.Secret, error) {
	application, secret, err := s.createApplication(ctx, actor, face, in)
	if err != nil {
		return nil, models.Secret{}, s.repeated(ctx, actor, in.Form, err)
	}
	return application, secret, nil
}

func (s *Server) createApplication(ctx context.Context, actor Actor, face models.Face, in ApplicationInput) (*models.Application, models.Secret, error) {
	var secret models.Secret
	application := &models.Application{Platform: face.Platform(), ClientID: models.RandomText(models.ClientIDLength)}
	if err := s.planApplication(ctx, actor, face, application, in); err != nil {
		return nil, secret, err
	}
	err := s.store.Write(ctx, func(tx *store.Tx) error {
		application.ID, application.Stamps = 0, actor.stamp(tx)
		if err := tx.CreateApplication(application); err != nil {
			return err
		}
		var err error
		if secret, err = renewSecret(tx, application); err != nil {
			return err
		}
		entry := actor.did(models.OperationCreate, applicationObject(application), models.Added(application.ActivityFields()))
		entry.Form = formNumber(in.Form)
		return tx.Record(entry)
	})
	if errors.Is(err, store.ErrNotFound) { // what it points to went away meanwhile
		err = s.checkApplication(s.store.Read(ctx), application)
	}
	if err != nil {
		return nil, models.Secret{}, fmt.Errorf("create application: %w", applicationConflict(face, err))
	}
	application, err = s.store.Read(ctx).Application(application.ID)
	return application, secret, err
}

// planApplication sets what was given on a new application and asks whether it may be so.
func (s *Server) planApplication(ctx context.Context, actor Actor, face models.Face, a *models.Application, in ApplicationInput) error {
	if actor.User == nil && !actor.System {
		return &models.Denied{Outcome: models.Unauthenticated}
	}
	if err := requireOrganization(actor, face, in); err != nil {
		return err
	}
	s.applyApplicationInput(actor, a, in)
	if in.RequirePKCE == nil {
		a.RequirePKCE = requiresPKCE(a)
	}
	if in.UserID != nil && a.Platform == models.Gateway {
		a.UserID = *in.UserID
	}
	if in.AuthorizationGrantType != nil {
		a.AuthorizationGrantType = *in.AuthorizationGrantType
	}
	unknown := setGrantTypes(a, in)
	if err := s.policy.Application(actor.Actor, models.ActionCreate, a, face); err != nil {
		return err
	}
	if unknown != nil {
		return unknown
	}
	if err := s.checkApplication(s.store.Read(ctx), a); err != nil {
		return err
	}
	return s.policy.ApplicationChange(actor.Actor, &models.Application{}, a)
}

// requireOrganization: without one, who is no superuser gets 403 at the controller, and everybody else the message (contract §2.3).
func requireOrganization(actor Actor, face models.Face, in ApplicationInput) error {
	switch {
	case in.OrganizationID != nil && *in.OrganizationID != nil:
		return nil
	case face.OfController() && !actor.Superuser():
		return &models.Denied{Outcome: models.Forbidden}
	case in.OrganizationID == nil:
		return models.Invalid{{Field: "organization", Message: "This field is required."}}
	default:
		return models.Invalid{{Field: "organization", Message: "This field may not be null."}}
	}
}

// applyApplicationInput sets the fields that creation and update share; those that only a superuser may set are ignored otherwise.
func (s *Server) applyApplicationInput(actor Actor, a *models.Application, in ApplicationInput) {
	assign(&a.Name, in.Name)
	assign(&a.Description, in.Description)
	assign(&a.OrganizationID, in.OrganizationID)
	assign(&a.RedirectURIs, in.RedirectURIs)
	assign(&a.SkipAuthorization, in.SkipAuthorization)
	if in.ClientType != nil {
		a.ClientType = models.ClientType(*in.ClientType)
	}
	if a.Platform == models.Controller {
		return
	}
	assign(&a.PostLogoutRedirectURIs, in.PostLogoutRedirectURIs)
	assign(&a.Algorithm, in.Algorithm)
	assign(&a.RequirePKCE, in.RequirePKCE)
	if actor.Superuser() {
		assign(&a.ResourceURIs, in.ResourceURIs)
		assign(&a.IntrospectAll, in.IntrospectAll)
	}
}

// requiresPKCE is the default of require_pkce: a client without a secret needs it, but those of the controller never knew it.
func requiresPKCE(a *models.Application) bool {
	return a.ClientType == models.Public && a.Platform == models.Gateway
}

// setGrantTypes derives what the token endpoint allows; the controller knows only the platform's own word. A word that is no grant
// type is Invalid.
func setGrantTypes(a *models.Application, in ApplicationInput) error {
	asked := a.GrantTypes
	if in.GrantTypes != nil && a.Platform == models.Gateway {
		asked = *in.GrantTypes
	}
	a.SetGrantTypes(asked)
	var invalid models.Invalid
	for _, word := range asked {
		if !a.Allows(word) {
			invalid.Add("grant_types", fmt.Sprintf("%q is not a valid choice.", word))
		}
	}
	return invalid.Err()
}

func assign[T any](field *T, value *T) {
	if value != nil {
		*field = *value
	}
}

// RedirectProblems says of each URI what is wrong with it as a redirect URI of an application of the platform, "" for nothing.
func (s *Server) RedirectProblems(platform models.Platform, uris models.Words) []string {
	return (&models.Application{Platform: platform, RedirectURIs: uris}).RedirectProblems(s.applicationRules())
}

func (s *Server) applicationRules() models.ApplicationRules {
	return models.ApplicationRules{AllowHTTPRedirectURIs: s.options.AllowHTTPRedirects}
}

// checkApplication validates the fields and that what they point to is there.
func (s *Server) checkApplication(r store.Reader, a *models.Application) error {
	if err := a.Validate(s.applicationRules()); err != nil {
		return err
	}
	for _, uri := range s.policy.OwnResources() {
		if a.ResourceURIs.Has(uri) {
			return models.Invalid{{Field: "resource_uris", Message: "This resource is one of our own: " + uri}}
		}
	}
	if a.OrganizationID != nil {
		if _, err := r.Organization(*a.OrganizationID); err != nil {
			return missing("organization", a.OrganizationID, err)
		}
	}
	if a.UserID != nil {
		if _, err := r.User(*a.UserID); err != nil {
			return missing("user", a.UserID, err)
		}
	}
	return nil
}

// missing words what a field points to and is not there; another error stays as it is.
func missing(field string, id *int64, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return unknownID(field, id)
	}
	return err
}

// renewSecret gives a confidential client a new secret in place of all others; a public one loses what it had.
func renewSecret(tx *store.Tx, a *models.Application) (models.Secret, error) {
	if err := tx.ExpireClientSecrets(a.ID, tx.Now()); err != nil || a.ClientType == models.Public {
		return models.Secret{}, err
	}
	secret := models.NewSecret(models.ClientSecretLength)
	return secret, tx.AddClientSecret(&models.ClientSecret{ApplicationID: a.ID, Digest: secret.Digest(), Created: tx.Now()})
}

// applicationConflict words a taken name as the face does, and a taken resource.
func applicationConflict(face models.Face, err error) error {
	if errors.Is(err, store.ErrResourceTaken) {
		return models.Invalid{{Field: "resource_uris", Message: "A resource belongs to another application."}}
	}
	if !errors.Is(err, store.ErrConflict) {
		return err
	}
	message := "The fields name, organization must make a unique set."
	if face.OfController() {
		message = "Application with this Name and Organization already exists."
	}
	return models.Invalid{{Field: models.NonField, Message: message}}
}
