package importer

import (
	"crypto/sha256"
	"fmt"
	"time"

	"gatehouse/models"
	"gatehouse/store"
)

// userRow is a user at the source.
type userRow struct {
	ID          int64
	Username    string
	Password    models.PasswordDigest
	FirstName   string
	LastName    string
	Email       string
	IsSuperuser bool
	IsActive    bool
	LastLogin   *time.Time
	DateJoined  *time.Time
	LDAPDN      string `db:"ldap_dn"`
	Social      string // the source that the user signs in at
	Enterprise  string
	Directory   string // the name of an LDAP directory, at a gateway

	IsPlatformAuditor bool // at a gateway; a controller has a role
}

func (r *run) importUsers() error {
	s, t := r.source, r.source.tables.users
	if err := r.reserve(store.TableUsers, t); err != nil {
		return err
	}
	superusers, err := r.reader.SuperuserIDs()
	if err != nil {
		return err
	}
	ldapDN, social, enterprise, directory := s.external()
	query := "SELECT " + list("u.id", "u.username", "u.password", "u.is_superuser", "u.is_active", s.column("u", t, "first_name", "''"),
		s.column("u", t, "last_name", "''"), s.column("u", t, "email", "''"), s.column("u", t, "last_login", "NULL::timestamptz"),
		s.column("u", t, "date_joined", "NULL::timestamptz"),
		s.column("u", t, "is_platform_auditor", "false"), ldapDN+" AS ldap_dn", social+" AS social", enterprise+" AS enterprise", directory+" AS directory",
	) + " FROM " + t + " AS u ORDER BY u.id"
	return bring(r, table[userRow]{name: t, target: store.TableUsers, query: query,
		id:     func(u *userRow) int64 { return u.ID },
		digest: (*userRow).digest,
		reason: func(*userRow) string { return "" },
		again:  r.userAgain, gone: r.goneUsers,
		place: func(counted *part, rows []userRow) ([]models.ImportRow, error) {
			return placeNamed(r, counted, rows, named[userRow, models.User]{ids: r.users, kept: r.kept,
				id:     func(u *userRow) int64 { return u.ID },
				name:   func(u *userRow) string { return u.Username },
				digest: (*userRow).digest,
				make:   r.user,
				store:  func(users []models.User) error { return r.tx.Users(users) },
				stranger: func(u *userRow, holder int64) string {
					if superusers[holder] && !u.IsSuperuser { // whose tokens must not become a superuser's
						return "who is a superuser, which the one at the source is not"
					}
					return ""
				}})
		}})
}

// digest is of what is imported and stays as it is when nobody changes it. Its last bit says whether the user was active.
func (u *userRow) digest() models.Digest {
	digest := models.Digest(sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q %t %t %q %q %q %q", u.Username, string(u.Password), u.FirstName,
		u.LastName, u.Email, u.IsSuperuser, u.IsPlatformAuditor, u.LDAPDN, u.Social, u.Enterprise, u.Directory)))
	last := &digest[len(digest)-1]
	*last &^= 1
	if u.IsActive {
		*last |= 1
	}
	return digest
}

func wasActive(digest models.Digest) bool { return digest[len(digest)-1]&1 == 1 }

// external says how the user signs in elsewhere, and where: enterprise wins over social, and that over LDAP (contract §10).
func (u *userRow) external() (account, source string) {
	switch {
	case u.Enterprise != "":
		return "enterprise", u.Enterprise
	case u.Social != "":
		return "social", u.Social
	case u.Directory != "":
		return "ldap", u.Directory
	case u.LDAPDN != "" && !u.Password.Usable():
		return "ldap", ""
	}
	return "", ""
}

func (r *run) user(u *userRow, id int64) models.User {
	joined := r.now
	if u.DateJoined != nil {
		joined = u.DateJoined.UTC()
	}
	account, source := u.external()
	return models.User{ID: id, Username: u.Username, Password: u.password(), FirstName: u.FirstName, LastName: u.LastName, Email: u.Email,
		IsSuperuser: u.IsSuperuser, IsPlatformAuditor: u.IsPlatformAuditor, IsActive: u.IsActive, LDAPDN: u.LDAPDN, ExternalAccount: account, ExternalSource: source,
		LastLogin: inUTC(u.LastLogin), Stamps: models.Stamps{Created: joined, Modified: joined}}
}

// password is as the source has it. What looks as if it had been made here, and would so stay for ever, gets its function's name before it.
func (u *userRow) password() models.PasswordDigest {
	if u.Password.Usable() && !u.Password.Foreign() {
		return "argon2" + u.Password
	}
	return u.Password
}

func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	utc := t.UTC()
	return &utc
}

// userAgain disables here who was disabled at the source since; other changes are told only.
func (r *run) userAgain(counted *part, u *userRow, was store.ImportedRow) (string, error) {
	if r.strangers[u.ID] {
		r.since(counted, u.ID, u.Username, problemStranger)
		return "another user than before", nil
	}
	r.users[u.ID], r.kept[u.ID] = was.ID, was.Kept()
	switch {
	case was.Kept() || was.Digest.Equal(u.digest()):
		return reasonImported, nil
	case u.IsActive || !r.Revoke || !wasActive(was.Digest):
		r.since(counted, u.ID, u.Username, problemChanged)
		return reasonImported, nil
	}
	r.since(counted, u.ID, u.Username, problemDisabled)
	return reasonImported, r.disable(counted, was.ImportRow)
}

// goneUsers disables here who was deleted at the source since: else they could go on signing in.
func (r *run) goneUsers(counted *part, gone []store.ImportedRow) error {
	for _, row := range gone {
		if row.Kept() || !r.Revoke || !wasActive(row.Digest) {
			r.since(counted, row.SourceID, "", problemGone)
			continue
		}
		r.since(counted, row.SourceID, "", problemDeleted)
		if err := r.disable(counted, row.ImportRow); err != nil {
			return err
		}
	}
	return nil
}

// disable disables a user, once: who is enabled here again stays so.
func (r *run) disable(counted *part, user models.ImportRow) error {
	counted.Revoked++
	if !r.stores() {
		return nil
	}
	user.Digest[len(user.Digest)-1] &^= 1
	if err := r.tx.Deactivate([]int64{user.ID}); err != nil {
		return err
	}
	return r.tx.Renew(user)
}
