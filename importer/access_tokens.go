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
		again:  r.accessTokenAgain,
		gone:   r.goneAccessTokens, place: r.placeAccessTokens})
}

// sourceToken is SQL for the refresh token that an access token, which stands under t, was issued for.
func (s *source) sourceToken() string {
	if s.columns[s.tables.accessTokens]["source_refresh_token_id"] {
		return "t.source_refresh_token_id"
	}
	return "NULL::bigint"
}

// accessTokenAgain finds another token where the imported one was, which so is no more: nobody changes a token's string.
func (r *run) accessTokenAgain(counted *part, t *accessTokenRow, was store.ImportedRow) (string, error) {
	if was.Digest.Equal(t.Token.digest) {
		return reasonImported, nil
	}
	return reasonOther, r.goneAccessTokens(counted, []store.ImportedRow{was})
}

// goneAccessTokens notes tokens that were deleted at the source since: they are revoked there.
func (r *run) goneAccessTokens(counted *part, gone []store.ImportedRow) error {
	for _, row := range gone {
		if !r.Revoke {
			counted.Remark(remarkRevoked)
			continue
		}
		counted.Revoked++
		r.revoked.AccessTokens = append(r.revoked.AccessTokens, row.ID)
	}
	return nil
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
	if r.strangers[*user] {
		return "user is another than before"
	}
	if _, there := r.users[*user]; !there {
		return "user " + reasonRemoved
	}
	if application != nil {
		if r.odd[*application] {
			return "application not imported"
		}
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
	expires := time.Unix(created.Unix()+r.RefreshLifetime, int64(created.Nanosecond())).UTC()
	if last := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC); expires.After(last) {
		return last
	}
	return expires
}

func (r *run) placeAccessTokens(counted *part, rows []accessTokenRow) ([]models.ImportRow, error) {
	ids, digests := make([]int64, len(rows)), make([]models.Digest, len(rows))
	for n := range rows {
		ids[n], digests[n] = rows[n].ID, rows[n].Token.digest
	}
	taken, err := r.taken(counted, ids)
	if err != nil {
		return nil, err
	}
	same, err := r.takenDigests(counted, digests)
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
		seat, err := r.seatOfUnnamed(counted, row.ID, "", taken[row.ID])
		if err != nil {
			return nil, err
		}
		if seat.taken {
			continue
		}
		if !r.now.Before(row.Expires) {
			counted.Remark("expired, with a live refresh token")
		}
		if row.RefreshToken != nil {
			r.refreshed[*row.RefreshToken] = seat.id
		}
		tokens = append(tokens, r.accessToken(row, seat.id))
		become = append(become, models.ImportRow{SourceTable: counted.Table, SourceID: row.ID, Digest: row.Token.digest, ID: seat.id})
		counted.Imported++
	}
	if !r.stores() {
		return nil, nil
	}
	return become, r.tx.AccessTokens(tokens)
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
