package store

import (
	"strings"

	"gorm.io/gorm"
)

// Statement is a statement that ran, with its parameters.
type Statement struct {
	SQL  string
	Vars []any
}

// Trace calls seen with each statement from now on, except those that begin and end transactions: for tests, and for who looks for what takes long.
// seen may be called by several goroutines at once.
func (s *Store) Trace(seen func(Statement)) error {
	note := func(db *gorm.DB) {
		if db.DryRun || strings.HasPrefix(db.Statement.SQL.String(), "SET LOCAL") {
			return // a part of another statement, or none that has a plan
		}
		seen(Statement{SQL: db.Statement.SQL.String(), Vars: append([]any(nil), db.Statement.Vars...)})
	}
	for _, pool := range []*gorm.DB{s.read, s.write} {
		callbacks := pool.Callback()
		for _, register := range []func(string, func(*gorm.DB)) error{
			callbacks.Query().After("gorm:query").Replace, callbacks.Row().After("gorm:row").Replace, callbacks.Create().After("gorm:create").Replace,
			callbacks.Update().After("gorm:update").Replace, callbacks.Delete().After("gorm:delete").Replace,
			callbacks.Raw().After("gorm:raw").Replace,
		} {
			if err := register("gatehouse:trace", note); err != nil {
				return err
			}
		}
	}
	return nil
}
