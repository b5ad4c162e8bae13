package importer

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"gatehouse/store"
)

// errOtherSource says that the source is not the one of earlier imports.
var errOtherSource = errors.New("this is another database than the one that was imported from before: most of the users that were imported are not in it")

// sameSource makes sure that what is missing at the source is missing because it was deleted there. Ids alone tell nothing, since each
// database counts from one: users are the same that have the same name still, or joined at the same moment. It finds out who is not.
func (r *run) sameSource() error {
	table := r.source.tables.users
	imported, err := r.reader.ImportedUsers(table)
	if err != nil || len(imported) == 0 {
		return err
	}
	ids := make([]int64, 0, len(imported))
	for id := range imported {
		ids = append(ids, id)
	}
	rows, err := r.source.tx.Query(r.ctx, "SELECT u.id, u.username, "+r.source.column("u", table, "date_joined", "NULL::timestamptz")+
		" FROM "+table+" AS u WHERE u.id = ANY ($1)", ids)
	if err != nil {
		return failed("read the source's users", err)
	}
	var id int64
	var name string
	var joined *time.Time
	same := 0
	_, err = pgx.ForEachRow(rows, []any{&id, &name, &joined}, func() error {
		switch was := imported[id]; {
		case was.IsSame(name, joined):
			same++
		case joined != nil && !was.Kept():
			r.strangers[id] = true
		}
		return nil
	})
	if err != nil {
		return failed("read the source's users", err)
	}
	if same*2 < len(imported) {
		return errOtherSource
	}
	return nil
}

// emptiedFrom is the number of imported tokens from which it needs another word that none is left at the source.
const emptiedFrom = 20

// notEmptied stops before all tokens are revoked since the source has none at all: its tables may be about to be filled. A platform that
// revokes all keeps what its refresh tokens were.
func (r *run) notEmptied() error {
	if !r.Revoke {
		return nil
	}
	var here int64
	for table, target := range map[string]string{r.source.tables.accessTokens: store.TableAccessTokens, r.source.tables.refreshTokens: store.TableRefreshTokens} {
		there, err := r.source.number(r.ctx, "SELECT count(*) FROM (SELECT 1 FROM "+table+" LIMIT 1) AS first")
		if err != nil || there > 0 {
			return err
		}
		number, err := r.reader.ImportedLive(target, table)
		if err != nil {
			return err
		}
		here += number
	}
	if here < emptiedFrom {
		return nil
	}
	return fmt.Errorf("the source has no tokens at all any more, and %d that were imported from it are live here. If all were revoked there, revoke "+
		"them here with revoke_oauth2_tokens --all, then import again", here)
}

// origins gives the rows of a table of the source that became the rows here with the ids.
func (r *run) origins(counted *part, ids []int64) (map[int64]int64, error) {
	if !counted.before {
		return nil, nil
	}
	return r.reader.ImportedFrom(counted.Table, ids)
}

// tablesLike are the tables of any source whose rows become rows of the same table here as those of the given one.
func (s *source) tablesLike(target string) []string {
	var names []string
	for _, t := range []tables{s.tables, controllerTables, gatewayTables} {
		names = append(names, map[string]string{store.TableUsers: t.users, store.TableOrganizations: t.organizations,
			store.TableApplications: t.applications, store.TableAccessTokens: t.accessTokens, store.TableRefreshTokens: t.refreshTokens}[target])
	}
	return names
}
