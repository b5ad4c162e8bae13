package store

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// touched is what a transaction has changed of what is kept of callers.
type touched struct {
	tokens bool    // access tokens,
	ids    []int64 // or these of them alone
	others bool    // anything else: users, what they may do, clients
}

// touchedKey is the key of a context under which a transaction's statements note what they touch: *touched.
type touchedKey struct{}

// tokensKey is the key of a context under which a statement says which access tokens alone it changes, by their ids.
type tokensKey struct{}

// only has a statement change these access tokens and nothing else that is kept; none, where it says no more than when something was done last.
func (tx *Tx) only(ids []int64) *gorm.DB {
	return tx.db.WithContext(context.WithValue(tx.db.Statement.Context, tokensKey{}, ids))
}

// What is kept of callers is read from these tables, or deleted with a row of them. A new row of the former changes nothing that was found before,
// one of the latter may.
var (
	callerTables = []string{"access_tokens", "applications", "users", "organizations", "organization_users", "client_secrets"}
	partTables   = callerTables[4:]
)

// watch has every statement of the pool looked at.
func watch(db *gorm.DB) error {
	callbacks := db.Callback()
	for _, register := range []func() error{
		func() error {
			return callbacks.Create().After("gorm:create").Register("gatehouse:touched", noteRows(partTables))
		},
		func() error {
			return callbacks.Update().After("gorm:update").Register("gatehouse:touched", noteRows(callerTables))
		},
		func() error {
			return callbacks.Delete().After("gorm:delete").Register("gatehouse:touched", noteRows(callerTables))
		},
		func() error { return callbacks.Raw().After("gorm:raw").Register("gatehouse:touched", noteText) },
	} {
		if err := register(); err != nil {
			return err
		}
	}
	return nil
}

func noteRows(tables []string) func(*gorm.DB) {
	return func(db *gorm.DB) {
		if slices.Contains(tables, db.Statement.Table) {
			note(db.Statement.Context, db.Statement.Table)
		}
	}
}

// noteText takes a statement in words for a change of every table that it names.
func noteText(db *gorm.DB) {
	text := db.Statement.SQL.String()
	if strings.HasPrefix(text, "SELECT") {
		return
	}
	for _, table := range callerTables {
		if strings.Contains(text, table) {
			note(db.Statement.Context, table)
		}
	}
}

func note(ctx context.Context, table string) {
	ids, named := ctx.Value(tokensKey{}).([]int64)
	switch by, ok := ctx.Value(touchedKey{}).(*touched); {
	case !ok:
	case named:
		by.ids = append(by.ids, ids...)
	case table == "access_tokens":
		by.tokens = true
	default:
		by.others = true
	}
}
