package store

// On SQLite the program adds up what triggers have noted of tokens and entries (ADR 0016); PostgreSQL does by itself.
const (
	lookEach   = 16  // writes
	settleFrom = 256 // changes
)

// settlements are the changes, with the statements that add them up.
var settlements = []struct {
	changes    string
	statements []string
}{
	{"access_token_changes", []string{
		`INSERT INTO access_token_counts SELECT COALESCE(application_id, 0), platform, scope, sum(tokens) FROM access_token_changes WHERE true
			GROUP BY 1, 2, 3 ON CONFLICT DO UPDATE SET tokens = tokens + excluded.tokens`,
		`INSERT INTO user_token_counts SELECT user_id, COALESCE(application_id, 0), platform, scope, sum(tokens) FROM access_token_changes
			WHERE user_id IS NOT NULL GROUP BY 1, 2, 3, 4 ON CONFLICT DO UPDATE SET tokens = tokens + excluded.tokens`,
		`INSERT INTO token_day_counts SELECT 'created', created, platform, sum(tokens) FROM access_token_changes WHERE true GROUP BY 2, 3
			ON CONFLICT DO UPDATE SET tokens = tokens + excluded.tokens`,
		`INSERT INTO token_day_counts SELECT 'expires', expires, platform, sum(tokens) FROM access_token_changes WHERE true GROUP BY 2, 3
			ON CONFLICT DO UPDATE SET tokens = tokens + excluded.tokens`,
		"DELETE FROM access_token_changes",
	}},
	{"activity_changes", []string{
		`INSERT INTO activity_counts SELECT object_type, operation, platform, sum(entries) FROM activity_changes WHERE true GROUP BY 1, 2, 3
			ON CONFLICT DO UPDATE SET entries = entries + excluded.entries`,
		`INSERT INTO actor_activity_counts SELECT actor_id, object_type, operation, platform, sum(entries) FROM activity_changes WHERE actor_id IS NOT NULL
			GROUP BY 1, 2, 3, 4 ON CONFLICT DO UPDATE SET entries = entries + excluded.entries`,
		"DELETE FROM activity_changes",
	}},
}

// settleNowAndThen looks at every so many writes, the first of a process among them, whether there is enough to settle.
func (s *Store) settleNowAndThen(tx *Tx) error {
	if s.dialect != SQLite || s.writes.Add(1)%lookEach != 1 {
		return nil
	}
	return tx.settle(settleFrom)
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
	}
	return nil
}
