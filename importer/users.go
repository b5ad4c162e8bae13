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
		again:  r.userAgain, gone: r.remarkEach, place: r.placeUsers})
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

func (u *userRow) user(now time.Time) models.User {
	joined := now
	if u.DateJoined != nil {
		joined = u.DateJoined.UTC()
	}
	account, source := u.external()
	return models.User{Username: u.Username, Password: u.Password, FirstName: u.FirstName, LastName: u.LastName, Email: u.Email,
		IsSuperuser: u.IsSuperuser, IsPlatformAuditor: u.IsPlatformAuditor, IsActive: u.IsActive, LDAPDN: u.LDAPDN, ExternalAccount: account, ExternalSource: source,
		LastLogin: inUTC(u.LastLogin), Stamps: models.Stamps{Created: joined, Modified: joined}}
}

func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	utc := t.UTC()
	return &utc
}

// userAgain disables here who was disabled at the source since; other changes are told only.
func (r *run) userAgain(u *userRow, was store.ImportedRow) (string, error) {
	r.users[u.ID], r.kept[u.ID] = was.ID, was.Kept()
	if was.Kept() || was.Digest.Equal(u.digest()) {
		return reasonImported, nil
	}
	if u.IsActive || !r.Revoke || !wasActive(was.Digest) {
		r.changed(u.ID, u.Username)
		return reasonImported, nil
	}
	r.current().Revoked++
	if !r.stores() {
		return reasonImported, nil
	}
	if err := r.tx.Deactivate([]int64{was.ID}); err != nil {
		return "", err
	}
	was.Digest[len(was.Digest)-1] &^= 1
	return reasonImported, r.tx.Renew(was.ImportRow)
}

func (r *run) placeUsers(counted *models.ImportedTable, rows []userRow) ([]models.ImportRow, error) {
	ids, names := make([]int64, len(rows)), make([]string, len(rows))
	for n := range rows {
		ids[n], names[n] = rows[n].ID, rows[n].Username
	}
	taken, err := r.taken(store.TableUsers, ids)
	if err != nil {
		return nil, err
	}
	same, err := r.reader.NamedUsers(names)
	if err != nil {
		return nil, err
	}
	holders := map[string]int64{}
	for _, user := range same {
		holders[user.Username] = user.ID
	}
	var users []models.User
	var become []models.ImportRow
	for n := range rows {
		row := &rows[n]
		holder, named := holders[row.Username]
		seat, err := r.seatOf(counted.Table, store.TableUsers, row.ID, row.Username, holder, named, taken[row.ID])
		if err != nil {
			return nil, err
		}
		r.users[row.ID] = seat.id
		if seat.taken {
			continue
		}
		if seat.here {
			r.kept[row.ID] = true
			become = append(become, models.ImportRow{SourceTable: counted.Table, SourceID: row.ID, ID: seat.id})
			counted.Skip(reasonHere)
			continue
		}
		become = append(become, models.ImportRow{SourceTable: counted.Table, SourceID: row.ID, Digest: row.digest(), ID: seat.id})
		user := row.user(r.now)
		user.ID = seat.id
		users = append(users, user)
		counted.Imported++
	}
	if !r.stores() {
		return nil, nil
	}
	return become, r.tx.Users(users)
}
