package importer

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/models"
	"gatehouse/store"
)

// refreshTokenRow is a refresh token at the source, with the access token that it came with.
type refreshTokenRow struct {
	ID            int64
	Token         presented
	UserID        *int64
	ApplicationID *int64
	Created       time.Time
	Revoked       *time.Time
	AccessToken   *int64
	Subject       *int64 // whom the access token acts as
	Scope         *string
	Source        *int64 // the refresh token that the access token was issued for
	Duplicate     bool   // another row has the same string, and is the one that counts
}

func (r *run) importRefreshTokens() error {
	s, t := r.source, r.source.tables.refreshTokens
	if err := r.reserve(store.TableRefreshTokens, t); err != nil {
		return err
	}
	// Of rows with the same string the unrevoked one counts, as the source looks at it first, then the one revoked last.
	query := "SELECT " + list("r.id", "r.token", "r.user_id", "r.application_id", "r.created", "r.revoked", "t.id AS access_token", "t.user_id AS subject",
		"t.scope", s.sourceToken()+" AS source",
		`EXISTS (SELECT FROM `+t+` AS d WHERE d.token = r.token AND (d.revoked IS NULL AND r.revoked IS NOT NULL OR d.revoked > r.revoked
			OR d.revoked IS NOT DISTINCT FROM r.revoked AND d.id > r.id)) AS duplicate`) +
		" FROM " + t + " AS r LEFT JOIN " + s.tables.accessTokens + " AS t ON t.id = r.access_token_id ORDER BY r.id"
	return bring(r, table[refreshTokenRow]{name: t, target: store.TableRefreshTokens, query: query,
		id:     func(t *refreshTokenRow) int64 { return t.ID },
		digest: func(t *refreshTokenRow) models.Digest { return t.Token.digest },
		reason: r.refusedRefreshToken,
		again:  r.refreshTokenAgain, gone: r.goneRefreshTokens, place: r.placeRefreshTokens})
}

// refusedRefreshToken: the reasons are tried in this order (contract §10).
func (r *run) refusedRefreshToken(t *refreshTokenRow) string {
	switch {
	case t.Revoked != nil && !r.now.Before(r.refreshExpires(*t.Revoked)):
		return reasonRevoked
	case t.Revoked == nil && !r.now.Before(r.refreshExpires(t.Created)):
		return reasonExpired
	case t.Revoked == nil && t.AccessToken == nil:
		return reasonGone
	case t.Duplicate:
		return reasonDuplicate
	case t.UserID == nil, t.AccessToken != nil && t.Subject == nil:
		return reasonNoUser
	case t.ApplicationID == nil:
		return "no application"
	}
	if refused := r.refusedSubject(t.UserID, t.ApplicationID); refused != "" || t.Subject == nil {
		return refused
	}
	return r.refusedSubject(t.Subject, nil)
}

// refreshTokenAgain notes a token that was revoked at the source since. One that was used here goes on here, until the source
// revokes it: then all that came of it ends, since either somebody wants its end or it was used at both.
func (r *run) refreshTokenAgain(counted *part, t *refreshTokenRow, was store.ImportedRow) (string, error) {
	switch {
	case !was.Digest.Equal(t.Token.digest):
		return reasonOther, r.goneRefreshTokens(counted, []store.ImportedRow{was})
	case t.Revoked == nil && was.Revoked != nil:
		return reasonRemoved, nil
	case t.Revoked != nil && (was.Revoked == nil || !was.Revoked.Equal(*t.Revoked)):
		r.revokeRefreshToken(counted, was)
	}
	return reasonImported, nil
}

func (r *run) goneRefreshTokens(counted *part, gone []store.ImportedRow) error {
	for _, row := range gone {
		if r.now.Before(*row.Expires) { // else it was cleared
			r.revokeRefreshToken(counted, row)
		}
	}
	return nil
}

func (r *run) revokeRefreshToken(counted *part, was store.ImportedRow) {
	switch {
	case was.Revoked != nil && !was.Used:
	case !r.Revoke:
		counted.Remark(remarkRevoked)
	case was.Used:
		counted.Revoked++
		r.revoked.Families = append(r.revoked.Families, was.FamilyID)
	default:
		counted.Revoked++
		r.revoked.RefreshTokens = append(r.revoked.RefreshTokens, was.ID)
	}
}

func (r *run) placeRefreshTokens(counted *part, rows []refreshTokenRow) ([]models.ImportRow, error) {
	ids, digests := make([]int64, len(rows)), make([]models.Digest, len(rows))
	var accessTokens []int64
	for n := range rows {
		ids[n], digests[n] = rows[n].ID, rows[n].Token.digest
		if _, fresh := r.refreshed[rows[n].ID]; rows[n].AccessToken != nil && !fresh {
			accessTokens = append(accessTokens, *rows[n].AccessToken)
		}
	}
	taken, err := r.taken(counted, ids)
	if err != nil {
		return nil, err
	}
	same, err := r.takenDigests(counted, digests)
	if err != nil {
		return nil, err
	}
	here, err := r.accessTokensHere(accessTokens)
	if err != nil {
		return nil, err
	}
	tokens := make([]models.RefreshToken, 0, len(rows))
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
		token := r.refreshToken(row, seat.id)
		if to, ok := r.refreshed[row.ID]; ok {
			token.AccessTokenID = &to
		} else if row.AccessToken != nil {
			if to, ok := here[*row.AccessToken]; ok {
				token.AccessTokenID = &to
			}
		}
		counted.Remark(map[bool]string{true: "revoked", false: "live"}[token.Revoked != nil])
		tokens = append(tokens, token)
		become = append(become, models.ImportRow{SourceTable: counted.Table, SourceID: row.ID, Digest: row.Token.digest, ID: seat.id})
		counted.Imported++
	}
	if !r.stores() {
		return nil, nil
	}
	return become, r.tx.RefreshTokens(tokens)
}

// accessTokensHere gives the ids of access tokens that an earlier import brought along and that are still there.
func (r *run) accessTokensHere(ids []int64) (map[int64]int64, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	here, err := r.reader.ImportedIDs(r.source.tables.accessTokens, ids)
	if err != nil {
		return nil, err
	}
	there, err := r.reader.Taken(store.TableAccessTokens, slices.Collect(maps.Values(here)))
	maps.DeleteFunc(here, func(_, id int64) bool { return !there[id] })
	return here, err
}

func (r *run) refreshToken(row *refreshTokenRow, id int64) models.RefreshToken {
	application := r.applications[*row.ApplicationID]
	token := models.RefreshToken{ID: id, Digest: row.Token.digest, Hint: row.Token.hint, ApplicationID: application,
		UserID: mapped(r.users, row.UserID), SubjectUserID: mapped(r.users, row.UserID), Platform: r.From, FamilyID: r.family(row.ID),
		Created: row.Created.UTC(), Expires: r.refreshExpires(row.Created), Revoked: inUTC(row.Revoked)}
	if row.Subject != nil {
		token.SubjectUserID = mapped(r.users, row.Subject)
	}
	if row.Scope != nil {
		token.Scope = models.Scope(*row.Scope)
	}
	if row.Revoked != nil {
		token.Reason = store.ReasonRotated
	}
	return token
}

// families tells which tokens stem from one grant: what came for a refresh token belongs to its family.
type families struct {
	parents map[int64]int64  // refresh tokens of the source by the one that came for each
	here    map[int64]string // families of those that were imported before
}

func (r *run) readFamilies() error {
	s := r.source
	rows, err := s.tx.Query(r.ctx, "SELECT r.id, "+s.sourceToken()+" FROM "+s.tables.refreshTokens+" AS r JOIN "+s.tables.accessTokens+
		" AS t ON t.id = r.access_token_id WHERE "+s.sourceToken()+" IS NOT NULL")
	if err != nil {
		return failed("read the source's families", err)
	}
	r.families.parents = map[int64]int64{}
	var child, parent int64
	var parents []int64
	if _, err = pgx.ForEachRow(rows, []any{&child, &parent}, func() error {
		r.families.parents[child] = parent
		parents = append(parents, parent)
		return nil
	}); err != nil {
		return failed("read the source's families", err)
	}
	r.families.here, err = r.reader.ImportedFamilies(s.tables.refreshTokens, parents)
	return err
}

// family is that of the first refresh token that the one with the id goes back to, as far as the source tells.
func (r *run) family(id int64) string {
	for range len(r.families.parents) + 1 {
		if here := r.families.here[id]; here != "" {
			return here
		}
		parent, ok := r.families.parents[id]
		if !ok {
			break
		}
		id = parent
	}
	return fmt.Sprintf("%s-%d", r.From, id)
}
