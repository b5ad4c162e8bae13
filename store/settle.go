package store

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"gatehouse/models"
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
	{"access_token_changes", []string{
		`INSERT INTO access_token_counts SELECT COALESCE(application_id, 0), platform, scope, sum(tokens) FROM access_token_changes WHERE true
			GROUP BY 1, 2, 3 HAVING sum(tokens) <> 0 ON CONFLICT DO UPDATE SET tokens = tokens + excluded.tokens`,
		`INSERT INTO user_token_counts SELECT user_id, COALESCE(application_id, 0), platform, scope, sum(tokens) FROM access_token_changes
			WHERE user_id IS NOT NULL GROUP BY 1, 2, 3, 4 HAVING sum(tokens) <> 0 ON CONFLICT DO UPDATE SET tokens = tokens + excluded.tokens`,
		settleDays("created"), settleDays("modified"), settleDays("expires"), settleDays("last_used"),
		`INSERT INTO token_description_counts SELECT s.description, s.id, COALESCE(sum(tokens) FILTER (WHERE platform = 'gateway'), 0),
				COALESCE(sum(tokens) FILTER (WHERE platform = 'controller'), 0)
			FROM access_token_changes AS n CROSS JOIN token_description_counts AS s ON (s.description, s.id) = (SELECT description, id FROM token_description_counts
				WHERE (description, id) <= (n.description, n.token_id) ORDER BY description DESC, id DESC LIMIT 1) GROUP BY 1, 2
			ON CONFLICT DO UPDATE SET gateway = gateway + excluded.gateway, controller = controller + excluded.controller`,
		"DELETE FROM token_description_counts WHERE gateway = 0 AND controller = 0 AND id > 0",
		`INSERT INTO token_blocks SELECT n.token_id / 1024, COALESCE(sum(n.tokens) FILTER (WHERE n.platform = 'gateway'), 0),
				COALESCE(sum(n.tokens) FILTER (WHERE n.platform = 'controller'), 0), min(t.created), max(t.created), min(t.modified), max(t.modified),
				min(t.expires), max(t.expires), min(n.last_used), max(n.last_used)
			FROM access_token_changes AS n LEFT JOIN access_tokens AS t ON t.id = n.token_id WHERE n.modified IS NOT NULL GROUP BY 1
			ON CONFLICT DO UPDATE SET gateway = gateway + excluded.gateway, controller = controller + excluded.controller, ` +
			widen("created", "modified", "expires", "last_used"),
		"DELETE FROM token_blocks WHERE gateway = 0 AND controller = 0",
		"DELETE FROM access_token_changes",
	}, (*Tx).splitStretches},
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
		"DELETE FROM activity_changes",
	}, func(*Tx) error { return nil }},
}

// settleDays adds up the days of a time; what was never used has none.
func settleDays(field string) string {
	return "INSERT INTO token_day_counts SELECT '" + field + "', " + field + ", platform, application_id IS NULL, sum(tokens) FROM access_token_changes WHERE " + field + ` IS NOT NULL
		GROUP BY 2, 3, 4 HAVING sum(tokens) <> 0 ON CONFLICT DO UPDATE SET tokens = tokens + excluded.tokens`
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

// settleAll settles what another program has left, a million rows that were restored perhaps, for which no request has the time.
func (s *Store) settleAll(ctx context.Context) error {
	return s.write.WithContext(ctx).Transaction(func(db *gorm.DB) error {
		return (&Tx{Reader: Reader{db: db, now: s.Now()}}).settle(settleFrom)
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
			if err := tx.db.Exec(statement).Error; err != nil {
				return translate(err)
			}
		}
		if err := each.then(tx); err != nil {
			return translate(err)
		}
	}
	return nil
}

// splitStretches splits the stretches of descriptions that have become long, into stretches of 500 tokens. No change of a token is noted then.
func (tx *Tx) splitStretches() error {
	var long []tokenPlace
	if err := tx.db.Raw("SELECT description, id FROM token_description_counts WHERE gateway + controller > 1000").Scan(&long).Error; err != nil {
		return err
	}
	for _, from := range long {
		to, err := tokenShortcuts{r: tx.Reader}.bound(">", "description, id", from)
		if err != nil {
			return err
		}
		counts, err := tx.countAnew(stretch{from, to})
		if err != nil {
			return err
		}
		for _, c := range counts {
			err := tx.db.Exec(`INSERT INTO token_description_counts VALUES (?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET gateway = excluded.gateway, controller = excluded.controller`, c.Description, c.ID, c.gateway, c.controller).Error
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// stretchCount is how many tokens a stretch has, by where it begins.
type stretchCount struct {
	tokenPlace
	gateway, controller int64
}

// countAnew goes through the tokens of a stretch and counts each 500 of them.
func (tx *Tx) countAnew(w stretch) ([]stretchCount, error) {
	var parts []string
	var args []any
	for _, part := range w.of(tx.db.Table("access_tokens")) {
		parts = append(parts, "SELECT * FROM (?) AS part")
		args = append(args, part.Select("substr(description, 1, 256) AS description, id, platform"))
	}
	rows, err := tx.db.Raw(strings.Join(parts, " UNION ALL ")+" ORDER BY description, id", args...).Rows()
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	counts := []stretchCount{{tokenPlace: w.from}}
	for n := 0; rows.Next(); n++ {
		var at tokenPlace
		var platform models.Platform
		if err := rows.Scan(&at.Description, &at.ID, &platform); err != nil {
			return nil, err
		}
		if n > 0 && n%500 == 0 {
			counts = append(counts, stretchCount{tokenPlace: at})
		}
		if last := &counts[len(counts)-1]; platform == models.Controller {
			last.controller++
		} else {
			last.gateway++
		}
	}
	return counts, rows.Err()
}
