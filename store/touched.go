package store

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// touchedKey is the key of a context under which a transaction's statements say that they change what is kept of callers: *bool.
type touchedKey struct{}

// What is kept of callers is read from these tables, or deleted with a row of them. A new row of the former changes nothing that was found before, one of the latter may.
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
			note(db.Statement.Context)
		}
	}
}

// noteText takes a statement in words for a change of every table that it names.
func noteText(db *gorm.DB) {
	text := db.Statement.SQL.String()
	if strings.HasPrefix(text, "SELECT") {
		return
	}
	if slices.ContainsFunc(callerTables, func(table string) bool { return strings.Contains(text, table) }) {
		note(db.Statement.Context)
	}
}

func note(ctx context.Context) {
	if touched, ok := ctx.Value(touchedKey{}).(*bool); ok {
		*touched = true
	}
}
