package importer

import (
	"fmt"
	"time"

	"gatehouse/models"
	"gatehouse/store"
)

// accessTokenRow is an access token at the source, with the refresh token that it came with.
type accessTokenRow struct {
	ID             int64
	Token          presented
	UserID         *int64
	ApplicationID  *int64
	Scope          string
	Description    string
	Expires        time.Time
	LastUsed       *time.Time
	Created        *time.Time
	Modified       *time.Time
	Source         *int64 // the refresh token that it was issued for
	RefreshToken   *int64
	RefreshCreated *time.Time
	RefreshRevoked *time.Time
}

func (r *run) importAccessTokens() error {
	s, t := r.source, r.source.tables.accessTokens
	if err := r.reserve(store.TableAccessTokens, t); err != nil {
		return err
	}
	if err := r.readFamilies(); err != nil {
		return err
	}
	query := "SELECT " + list("t.id", "t.token", "t.user_id", "t.application_id", "t.scope", "t.expires", s.column("t", t, "description", "''"),
		s.column("t", t, "last_used", "NULL::timestamptz"), s.column("t", t, "created", "NULL::timestamptz"), s.modified("t", t),
		s.sourceToken()+" AS source", "r.id AS refresh_token", "r.created AS refresh_created", "r.revoked AS refresh_revoked") +
		" FROM " + t + " AS t LEFT JOIN " + s.tables.refreshTokens + " AS r ON r.access_token_id = t.id ORDER BY t.id"
	return bring(r, table[accessTokenRow]{name: t, target: store.TableAccessTokens, query: query,
		id:     func(t *accessTokenRow) int64 { return t.ID },
		digest: func(t *accessTokenRow) models.Digest { return t.Token.digest },
		reason: r.refusedAccessToken,
		again:  func(*accessTokenRow, store.ImportedRow) (string, error) { return reasonImported, nil },
		gone:   r.goneAccessTokens, place: r.placeAccessTokens})
}

// sourceToken is SQL for the refresh token that an access token, which stands under t, was issued for.
func (s *source) sourceToken() string {
	if s.columns[s.tables.accessTokens]["source_refresh_token_id"] {
		return "t.source_refresh_token_id"
	}
	return "NULL::bigint"
}

// goneAccessTokens notes tokens that were deleted at the source since: they are revoked there.
func (r *run) goneAccessTokens(gone []store.ImportedRow) {
	counted := r.current()
	for _, row := range gone {
		if !r.Revoke {
			counted.Remark(remarkRevoked)
			continue
		}
		counted.Revoked++
		r.revoked.AccessTokens = append(r.revoked.AccessTokens, row.ID)
	}
}

// refusedAccessToken: the reasons are tried in this order (contract §10).
func (r *run) refusedAccessToken(t *accessTokenRow) string {
	switch {
	case t.UserID == nil:
		return reasonNoUser
	case !r.now.Before(t.Expires) && !r.liveRefresh(t.RefreshToken, t.RefreshCreated, t.RefreshRevoked):
		return reasonExpired
	}
	return r.refusedSubject(t.UserID, t.ApplicationID)
}

// refusedSubject finds whether what a token hangs on is here.
func (r *run) refusedSubject(user, application *int64) string {
	if _, there := r.users[*user]; !there {
		return "user " + reasonRemoved
	}
	if application != nil {
		if _, there := r.applications[*application]; !there {
			return "application " + reasonRemoved
		}
	}
	return ""
}

// liveRefresh reports whether there is a refresh token that can still be used.
func (r *run) liveRefresh(id *int64, created, revoked *time.Time) bool {
	return id != nil && revoked == nil && created != nil && r.now.Before(r.refreshExpires(*created))
}

// refreshExpires is when a refresh token ends, by the lifetime that they have here.
func (r *run) refreshExpires(created time.Time) time.Time {
	return time.Unix(created.Unix()+r.RefreshLifetime, int64(created.Nanosecond())).UTC()
}

func (r *run) placeAccessTokens(counted *models.ImportedTable, rows []accessTokenRow) ([]models.ImportRow, error) {
	ids, digests := make([]int64, len(rows)), make([]models.Digest, len(rows))
	for n := range rows {
		ids[n], digests[n] = rows[n].ID, rows[n].Token.digest
	}
	taken, err := r.taken(store.TableAccessTokens, ids)
	if err != nil {
		return nil, err
	}
	same, err := r.takenDigests(store.TableAccessTokens, digests)
	if err != nil {
		return nil, err
	}
	tokens := make([]models.AccessToken, 0, len(rows))
	become := make([]models.ImportRow, 0, len(rows))
	for n := range rows {
		row := &rows[n]
		if same[row.Token.digest] {
			counted.Skip(reasonHere)
			continue
		}
		id, ok, err := r.seatOfToken(counted.Table, store.TableAccessTokens, row.ID, taken[row.ID])
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if !r.now.Before(row.Expires) {
			counted.Remark("expired, with a live refresh token")
		}
		if row.RefreshToken != nil {
			r.refreshed[*row.RefreshToken] = id
		}
		tokens = append(tokens, r.accessToken(row, id))
		become = append(become, models.ImportRow{SourceTable: counted.Table, SourceID: row.ID, Digest: row.Token.digest, ID: id})
		counted.Imported++
	}
	if !r.stores() {
		return nil, nil
	}
	return become, r.tx.AccessTokens(tokens)
}

// seatOfToken is seatOf for what has no name.
func (r *run) seatOfToken(t, target string, id int64, taken bool) (here int64, ok bool, err error) {
	if taken && !r.Renumber {
		r.conflict(t, id, "", "the id is taken here, by another")
		return 0, false, nil
	}
	if taken {
		if here, err = r.nextID(target); err != nil {
			return 0, false, err
		}
		r.report.Renumbered = append(r.report.Renumbered, models.Renumbered{Table: t, From: id, To: here})
		return here, true, nil
	}
	return id, true, nil
}

func (r *run) accessToken(row *accessTokenRow, id int64) models.AccessToken {
	token := models.AccessToken{ID: id, Digest: row.Token.digest, Hint: row.Token.hint, UserID: mapped(r.users, row.UserID),
		ApplicationID: mapped(r.applications, row.ApplicationID), Scope: models.Scope(row.Scope), Description: row.Description,
		Expires: row.Expires.UTC(), LastUsed: inUTC(row.LastUsed), Platform: r.From, Stamps: r.stamps(row.Created, row.Modified)}
	switch {
	case row.ApplicationID == nil:
	case row.Source != nil:
		token.FamilyID = r.family(*row.Source)
	case row.RefreshToken != nil:
		token.FamilyID = r.family(*row.RefreshToken)
	default:
		token.FamilyID = fmt.Sprintf("%s-a%d", r.From, row.ID)
	}
	return token
}
