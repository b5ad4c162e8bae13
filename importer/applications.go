package importer

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/models"
	"gatehouse/store"
)

// applicationRow is an application at the source.
type applicationRow struct {
	ID                     int64
	ClientID               string
	ClientSecret           *string // as the source keeps it
	ClientType             string
	AuthorizationGrantType string
	RedirectURIs           string `db:"redirect_uris"`
	Name                   string
	Description            string
	SkipAuthorization      bool
	Algorithm              string
	UserID                 *int64
	OrganizationID         *int64
	Created                *time.Time
	Modified               *time.Time
	PostLogoutRedirectURIs string `db:"post_logout_redirect_uris"`
	PKCERequired           *bool  `db:"pkce_required"`
}

// ErrNoKey says that secrets are encrypted and that no key was given.
var ErrNoKey = errors.New("the client secrets at the source are encrypted. Give the controller's key with --secret-key-file (its file is mostly " +
	"/etc/tower/SECRET_KEY; an operator keeps it in the secret NAME-secret-key), or import the applications without their secrets with --without-secrets")

// errNoSecretFits says that the key belongs to another controller.
var errNoSecretFits = fmt.Errorf("%w: none of the source's secrets can be decrypted. Give the key of this controller, or import the applications "+
	"without their secrets with --without-secrets", ErrWrongKey)

// checkKey stops an import with a wrong key before anything is stored (contract §10).
func (r *run) checkKey() error {
	if r.From != models.Controller || r.WithoutSecrets {
		return nil
	}
	rows, err := r.source.tx.Query(r.ctx, "SELECT client_secret FROM "+r.source.tables.applications+" WHERE client_secret LIKE $1", encryptedPrefix+"%")
	if err != nil {
		return failed("read the source's secrets", err)
	}
	stored, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(stored) == 0 {
		return failed("read the source's secrets", err)
	}
	if r.SecretKey == nil {
		return ErrNoKey
	}
	for _, each := range stored {
		if _, err := r.SecretKey.Decrypt(each); err == nil {
			return nil
		}
	}
	return errNoSecretFits
}

func (r *run) importApplications() error {
	s, t := r.source, r.source.tables.applications
	if err := r.reserve(store.TableApplications, t); err != nil {
		return err
	}
	query := "SELECT " + list("a.id", "a.client_id", "a.client_secret", "a.client_type", "a.authorization_grant_type", "a.name",
		s.column("a", t, "redirect_uris", "''"), s.column("a", t, "description", "''"), s.column("a", t, "skip_authorization", "false"),
		s.column("a", t, "algorithm", "''"), s.column("a", t, "user_id", "NULL::bigint"), s.column("a", t, "organization_id", "NULL::bigint"),
		s.column("a", t, "post_logout_redirect_uris", "''"), s.column("a", t, "pkce_required", "NULL::boolean"), s.column("a", t, "created", "NULL::timestamptz"), s.modified("a", t)) + " FROM " + t + " AS a ORDER BY a.id"
	return bring(r, table[applicationRow]{name: t, target: store.TableApplications, query: query,
		id:     func(a *applicationRow) int64 { return a.ID },
		digest: (*applicationRow).digest,
		reason: r.refusedApplication,
		again: func(counted *part, a *applicationRow, was store.ImportedRow) (string, error) {
			r.applications[a.ID] = was.ID
			if !was.Digest.Equal(a.digest()) {
				r.since(counted, a.ID, a.Name, problemChanged)
			}
			return reasonImported, nil
		}, gone: r.noteGone, place: r.placeApplications})
}

func (a *applicationRow) digest() models.Digest {
	secret := ""
	if a.ClientSecret != nil {
		secret = *a.ClientSecret
	}
	return sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q %q %q %t", a.ClientID, secret, a.ClientType, a.AuthorizationGrantType, a.RedirectURIs,
		a.Name, a.Description, a.SkipAuthorization))
}

// refusedApplication finds what an application is that nothing here is, or what it belongs to that was deleted here before it came.
func (r *run) refusedApplication(a *applicationRow) string {
	if kind := models.ClientType(a.ClientType); kind != models.Confidential && kind != models.Public {
		r.odd[a.ID] = true
		return "unknown client type"
	}
	if a.OrganizationID != nil {
		if _, there := r.organizations[*a.OrganizationID]; !there {
			return "organization " + reasonRemoved
		}
	}
	if a.UserID != nil {
		if _, there := r.users[*a.UserID]; !there {
			return "owner " + reasonRemoved
		}
	}
	return ""
}

func (r *run) placeApplications(counted *part, rows []applicationRow) ([]models.ImportRow, error) {
	places, err := r.applicationsHere(counted, rows)
	if err != nil {
		return nil, err
	}
	var applications []models.Application
	var become []models.ImportRow
	for n := range rows {
		row := &rows[n]
		application := r.application(row)
		r.applications[row.ID] = row.ID
		if found, err := places.find(r, counted, row.ID, &application); err != nil {
			return nil, err
		} else if !found {
			continue
		}
		r.applications[row.ID] = application.ID
		application.ClientSecrets = r.secrets(row, &application)
		become = append(become, models.ImportRow{SourceTable: counted.Table, SourceID: row.ID, Digest: row.digest(), ID: application.ID})
		applications = append(applications, application)
		counted.Imported++
	}
	if !r.stores() {
		return nil, nil
	}
	return become, r.tx.Applications(applications)
}

func (r *run) application(row *applicationRow) models.Application {
	application := models.Application{ID: row.ID, Name: row.Name, Description: row.Description, OrganizationID: mapped(r.organizations, row.OrganizationID),
		UserID: mapped(r.users, row.UserID), ClientID: row.ClientID, ClientType: models.ClientType(row.ClientType),
		AuthorizationGrantType: row.AuthorizationGrantType, RedirectURIs: models.ParseWords(row.RedirectURIs), Algorithm: row.Algorithm,
		SkipAuthorization: row.SkipAuthorization, Platform: r.From, Stamps: r.stamps(row.Created, row.Modified)}
	application.PostLogoutRedirectURIs = models.ParseWords(row.PostLogoutRedirectURIs)
	application.RequirePKCE = row.PKCERequired != nil && *row.PKCERequired
	application.SetGrantTypes(nil)
	return application
}

func mapped(ids map[int64]int64, id *int64) *int64 {
	if id == nil {
		return nil
	}
	here := ids[*id]
	return &here
}

// secrets are what the application authenticates with: none where its secret cannot be told, which the report says of one that needs it.
func (r *run) secrets(row *applicationRow, application *models.Application) []models.ClientSecret {
	secret, ok := r.secret(row)
	if !ok {
		if application.ClientType == models.Confidential {
			r.report.SecretsToRotate = append(r.report.SecretsToRotate, application.ID)
		}
		return nil
	}
	secret.ApplicationID, secret.Created = application.ID, application.Created
	return []models.ClientSecret{secret}
}

func (r *run) secret(row *applicationRow) (models.ClientSecret, bool) {
	if row.ClientSecret == nil {
		return models.ClientSecret{}, false
	}
	if r.From == models.Gateway {
		encoded := models.PasswordDigest(*row.ClientSecret)
		return models.ClientSecret{Encoded: encoded}, encoded.Usable()
	}
	var key SecretKey
	if r.SecretKey != nil {
		key = *r.SecretKey
	}
	secret, err := key.Decrypt(*row.ClientSecret)
	return models.ClientSecret{Digest: secret.Digest()}, err == nil
}

// places are the applications that rows of the source may meet here.
type places struct {
	ids       map[int64]bool
	clientIDs map[string]int64
	names     map[nameIn]int64
}

type nameIn struct {
	organization int64
	name         string
}

func (r *run) applicationsHere(counted *part, rows []applicationRow) (*places, error) {
	ids, clientIDs, names := make([]int64, len(rows)), make([]string, len(rows)), make([]string, len(rows))
	for n := range rows {
		ids[n], clientIDs[n], names[n] = rows[n].ID, rows[n].ClientID, rows[n].Name
	}
	here := &places{clientIDs: map[string]int64{}, names: map[nameIn]int64{}}
	var err error
	if here.ids, err = r.taken(counted, ids); err != nil {
		return nil, err
	}
	like, err := r.reader.ApplicationsLike(clientIDs, names)
	for n := range like {
		here.clientIDs[like[n].ClientID] = like[n].ID
		if like[n].OrganizationID != nil {
			here.names[nameIn{*like[n].OrganizationID, like[n].Name}] = like[n].ID
		}
	}
	return here, err
}

// find gives the application its id, and another name where that is taken in its organization and it may have one; false: there is no place.
func (p *places) find(r *run, counted *part, sourceID int64, a *models.Application) (found bool, err error) {
	if holder, taken := p.clientIDs[a.ClientID]; taken {
		r.conflict(counted, sourceID, a.Name, fmt.Sprintf("the client id is taken here, by the application with id %d", holder))
		return false, nil
	}
	var holder int64
	var named bool
	if a.OrganizationID != nil {
		holder, named = p.names[nameIn{*a.OrganizationID, a.Name}]
	}
	switch {
	case !named && !p.ids[a.ID]:
		return true, nil
	case !r.Renumber && named:
		r.conflict(counted, sourceID, a.Name, fmt.Sprintf("the name is taken in the organization here, by the application with id %d", holder))
		return false, nil
	case !r.Renumber:
		r.conflict(counted, sourceID, a.Name, "the id is taken here, by another")
		return false, nil
	}
	changed := models.Renumbered{Table: counted.Table, From: sourceID}
	if p.ids[a.ID] {
		if a.ID, err = r.nextID(counted.target); err != nil {
			return false, err
		}
	}
	changed.To = a.ID
	if named {
		a.Name = fmt.Sprintf("%s (%s %d)", a.Name, r.From, sourceID)
		changed.Name = a.Name
	}
	r.report.Renumbered = append(r.report.Renumbered, changed)
	return true, nil
}
