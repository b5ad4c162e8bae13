package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm"
)

// On SQLite the program adds up what triggers have noted of tokens and entries (ADR 0016); PostgreSQL does by itself.
const (
	lookEach   = 16  // writes
	settleFrom = 256 // changes
)

// settlements are the changes, with the statements that add them up.
var settlements = []struct {
	changes    string
	statements []string
	then       func(*Tx) error
}{
	{"access_token_changes", append(settleValues(),
		`INSERT INTO access_token_counts SELECT COALESCE(application_id, 0), platform, scope, sum(tokens) FROM access_token_changes WHERE true
			GROUP BY 1, 2, 3 HAVING sum(tokens) <> 0 ON CONFLICT DO UPDATE SET tokens = tokens + excluded.tokens`,
		`INSERT INTO token_blocks SELECT n.token_id / 1024, COALESCE(sum(n.tokens) FILTER (WHERE n.platform = 'gateway'), 0),
				COALESCE(sum(n.tokens) FILTER (WHERE n.platform = 'controller'), 0), min(t.created), max(t.created), min(t.modified), max(t.modified),
				min(t.expires), max(t.expires), min(n.last_used), max(n.last_used)
			FROM access_token_changes AS n LEFT JOIN access_tokens AS t ON t.id = CASE WHEN n.tokens > 0 THEN n.token_id END WHERE true GROUP BY 1
			ON CONFLICT DO UPDATE SET gateway = gateway + excluded.gateway, controller = controller + excluded.controller, `+
			widen("created", "modified", "expires", "last_used"),
	), (*Tx).settleDescriptions},
	{"activity_changes", []string{
		`INSERT INTO activity_counts SELECT object_type, operation, platform, sum(entries) FROM activity_changes WHERE true GROUP BY 1, 2, 3 HAVING sum(entries) <> 0
			ON CONFLICT DO UPDATE SET entries = entries + excluded.entries`,
		`INSERT INTO actor_activity_counts SELECT actor_id, object_type, operation, platform, sum(entries) FROM activity_changes WHERE actor_id IS NOT NULL
			GROUP BY 1, 2, 3, 4 HAVING sum(entries) <> 0 ON CONFLICT DO UPDATE SET entries = entries + excluded.entries`,
		"INSERT INTO activity_blocks SELECT n.entry_id / 1024, " +
			entriesIf("NOT {sign in} AND NOT {gateway}") + entriesIf("NOT {sign in} AND {gateway}") + entriesIf("{sign in} AND NOT {gateway}") + entriesIf("{sign in} AND {gateway}") +
			`min(a.created), max(a.created)
			FROM activity_changes AS n LEFT JOIN activity AS a ON a.id = n.entry_id WHERE n.entry_id IS NOT NULL GROUP BY 1
			ON CONFLICT DO UPDATE SET others = others + excluded.others, gateway = gateway + excluded.gateway, sign_ins = sign_ins + excluded.sign_ins,
				gateway_sign_ins = gateway_sign_ins + excluded.gateway_sign_ins, ` + widen("created"),
		"DELETE FROM activity_blocks WHERE others = 0 AND gateway = 0 AND sign_ins = 0 AND gateway_sign_ins = 0",
	}, func(*Tx) error { return nil }},
}

// settleValues adds up what tokens have, of all and of each organization, by a statement for each field.
func settleValues() (statements []string) {
	for _, field := range slices.Sorted(maps.Keys(countedFields)) {
		statements = append(statements, settleValue("0", field, "application_id IS NULL"), settleValue("organization_id", field, "false"))
	}
	return statements
}

func settleValue(organization, field, personal string) string {
	var sums, there, set []string
	for _, name := range []string{"gateway", "controller", "personal_gateway", "personal_controller"} {
		condition := "platform = '" + name + "'"
		if platform, ok := strings.CutPrefix(name, "personal_"); ok {
			condition = "platform = '" + platform + "' AND " + personal
		}
		sums = append(sums, fmt.Sprintf("COALESCE(sum(tokens) FILTER (WHERE %s), 0) AS %s", condition, name))
		there, set = append(there, name+" <> 0"), append(set, fmt.Sprintf("%s = %[1]s + excluded.%[1]s", name))
	}
	return fmt.Sprintf(`INSERT INTO token_value_counts SELECT organization, '%s', value, gateway, controller, personal_gateway, personal_controller
		FROM (SELECT %s AS organization, %s AS value, %s FROM access_token_changes WHERE organization IS NOT NULL AND value IS NOT NULL GROUP BY 1, 2)
		WHERE %s ON CONFLICT DO UPDATE SET %s`, field, organization, countedFields[field], strings.Join(sums, ", "), strings.Join(there, " OR "), strings.Join(set, ", "))
}

// widen makes a block reach as far as what has come.
func widen(fields ...string) string {
	var set []string
	for _, field := range fields {
		for _, bound := range []struct{ column, function string }{{field + "_from", "min"}, {field + "_to", "max"}} {
			set = append(set, strings.NewReplacer("{bound}", bound.column, "{furthest}", bound.function).
				Replace("{bound} = COALESCE({furthest}({bound}, excluded.{bound}), {bound}, excluded.{bound})"))
		}
	}
	return strings.Join(set, ", ")
}

// entriesIf adds up the entries of a kind.
func entriesIf(condition string) string {
	condition = strings.NewReplacer("{sign in}", "n.operation IN ('sign_in', 'sign_out')", "{gateway}", "n.platform = 'gateway'").Replace(condition)
	return "COALESCE(sum(n.entries) FILTER (WHERE " + condition + "), 0), "
}

// settleNowAndThen looks at every so many writes, the first of a process among them, whether there is enough to settle.
func (s *Store) settleNowAndThen(tx *Tx) error {
	if s.dialect != SQLite || s.writes.Add(1)%lookEach != 1 {
		return nil
	}
	return tx.settle(settleFrom)
}

// CountChanges adds up what is noted, from so many changes on, before it is left to a write of somebody else, who would wait for it. PostgreSQL does so with each
// statement of many rows.
func (tx *Tx) CountChanges(from int64) error {
	if tx.db.Name() != SQLite {
		return nil
	}
	return tx.settle(from)
}

// settleAll settles what a migration or another program has left, a million rows that were restored perhaps, for which no request has the time.
func (s *Store) settleAll(ctx context.Context) error {
	return s.write.WithContext(ctx).Transaction(func(db *gorm.DB) error {
		tx := &Tx{Reader: Reader{db: db, now: s.Now()}}
		if err := tx.settle(settleFrom); err != nil {
			return err
		}
		return translate(tx.splitAll())
	})
}

// settle adds up the changes, of which there are as many; their rows are numbered from 1 again after each time.
func (tx *Tx) settle(from int64) error {
	for _, each := range settlements {
		var last int64
		if err := tx.db.Raw("SELECT COALESCE(max(rowid), 0) FROM " + each.changes).Scan(&last).Error; err != nil {
			return translate(err)
		}
		if last < from {
			continue
		}
		for _, statement := range each.statements {
			if err := tx.only([]int64{}).Exec(statement).Error; err != nil { // it reads tokens, and changes none
				return translate(err)
			}
		}
		if err := each.then(tx); err != nil {
			return translate(err)
		}
		if err := tx.db.Exec("DELETE FROM " + each.changes).Error; err != nil {
			return translate(err)
		}
	}
	return nil
}
