package store

import "gorm.io/gorm"

// A stretch of the order of descriptions that has several of them has no more than so many tokens, and is made of half as many (ADR 0036).
const (
	longestStretch               = 1000
	longestStretchOfOrganization = 200
)

// stretchCount is how many tokens of an organization, of all for 0, a stretch has, by the description with which it begins.
type stretchCount struct {
	OrganizationID      int64
	Description         string
	Gateway, Controller int64
	Alike               bool // all have the description with which it begins
}

func (s stretchCount) number() int64 { return s.Gateway + s.Controller }

// most is how many tokens a stretch of several descriptions may have.
func (s stretchCount) most() int64 {
	if s.OrganizationID == 0 {
		return longestStretch
	}
	return longestStretchOfOrganization
}

// settleDescriptions adds up the descriptions of changes on SQLite, and splits the stretches that have become long.
func (tx *Tx) settleDescriptions() error {
	err := tx.db.Exec(`INSERT INTO token_description_counts SELECT DISTINCT organization_id, '', 0, 0, true FROM access_token_changes WHERE organization_id IS NOT NULL
		ON CONFLICT DO NOTHING`).Error
	if err != nil {
		return err
	}
	var counted []stretchCount
	err = tx.db.Raw(`INSERT INTO token_description_counts
		SELECT organization_id, start, COALESCE(sum(tokens) FILTER (WHERE platform = 'gateway'), 0), COALESCE(sum(tokens) FILTER (WHERE platform = 'controller'), 0),
			min(description = start)
		FROM (SELECT *, (SELECT s.description FROM token_description_counts AS s WHERE s.organization_id = n.organization_id AND s.description <= n.description
				ORDER BY s.description DESC LIMIT 1) AS start
			FROM (SELECT 0 AS organization_id, description, platform, sum(tokens) AS tokens FROM access_token_changes GROUP BY 2, 3
				UNION ALL SELECT organization_id, description, platform, sum(tokens) FROM access_token_changes WHERE organization_id IS NOT NULL GROUP BY 1, 2, 3) AS n)
		WHERE true GROUP BY 1, 2
		ON CONFLICT DO UPDATE SET gateway = gateway + excluded.gateway, controller = controller + excluded.controller, alike = alike AND excluded.alike
		RETURNING *`).Scan(&counted).Error
	if err != nil {
		return err
	}
	return tx.splitStretches(counted)
}

// splitAll splits the stretches that are long, as a migration leaves them, when all that is noted is settled.
func (tx *Tx) splitAll() error { return tx.splitLong("true") }

func (tx *Tx) splitLong(among string, args ...any) error {
	long := "SELECT * FROM token_description_counts WHERE NOT alike AND gateway + controller > CASE organization_id WHEN 0 THEN ? ELSE ? END AND " + among
	args = append([]any{longestStretch, longestStretchOfOrganization}, args...)
	var all []stretchCount
	err := tx.db.Raw(long, args...).Scan(&all).Error
	if err != nil || len(all) == 0 {
		return err
	}
	if err := tx.settle(1); err != nil {
		return err
	}
	if err := tx.db.Raw(long, args...).Scan(&all).Error; err != nil {
		return err
	}
	return tx.splitStretches(all)
}

// splitMoved splits the stretches of an organization that have become long on SQLite, as an application with many tokens came to it.
func (tx *Tx) splitMoved(organization *int64) error {
	if tx.db.Name() != SQLite || organization == nil {
		return nil
	}
	return translate(tx.splitLong("organization_id = ?", *organization))
}

// splitStretches makes stretches of about half the longest of those that are longer, with the descriptions alone that as many tokens have. No change of a token is
// noted then.
func (tx *Tx) splitStretches(among []stretchCount) error {
	for _, long := range among {
		if long.Alike || long.number() <= long.most() {
			continue
		}
		pieces, err := tx.pieces(long)
		if err != nil {
			return err
		}
		for _, piece := range pieces {
			err := tx.db.Exec(`INSERT INTO token_description_counts VALUES (?, ?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET gateway = excluded.gateway, controller = excluded.controller, alike = excluded.alike`,
				long.OrganizationID, piece.Description, piece.Gateway, piece.Controller, piece.Alike).Error
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// pieces divides a stretch. How many tokens have the description with which it begins, which may be very many, is what the others leave.
func (tx *Tx) pieces(long stretchCount) ([]stretchCount, error) {
	others, err := tx.others(long)
	if err != nil {
		return nil, err
	}
	first, all, wanted := long, stretchCount{}, long.most()/2
	if err := others.Select(ofEachPlatform).Scan(&all).Error; err != nil {
		return nil, err
	}
	first.Gateway, first.Controller, first.Alike = first.Gateway-all.Gateway, first.Controller-all.Controller, true
	pieces := []stretchCount{first}
	rows, err := others.Select("description, " + ofEachPlatform).Group("description").Order("description").Rows()
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		each := stretchCount{Alike: true}
		if err := rows.Scan(&each.Description, &each.Gateway, &each.Controller); err != nil {
			return nil, err
		}
		last := &pieces[len(pieces)-1]
		if last.number() >= wanted || each.number() >= wanted {
			pieces = append(pieces, each)
			continue
		}
		last.Gateway, last.Controller, last.Alike = last.Gateway+each.Gateway, last.Controller+each.Controller, false
	}
	return pieces, rows.Err()
}

const ofEachPlatform = "count(*) FILTER (WHERE platform = 'gateway') AS gateway, count(*) FILTER (WHERE platform = 'controller') AS controller"

// others are the tokens in a stretch that have another description than that with which it begins.
func (tx *Tx) others(long stretchCount) (*gorm.DB, error) {
	within, next := stretch{following(long.Description), afterAll}, []string{}
	err := tx.db.Raw("SELECT description FROM token_description_counts WHERE organization_id = ? AND description > ? ORDER BY description LIMIT 1", long.OrganizationID, long.Description).
		Scan(&next).Error
	if len(next) > 0 {
		within.to = next[0]
	}
	tokens := tx.db.Table("access_tokens")
	if long.OrganizationID > 0 {
		tokens = tokens.Where(administered, []int64{long.OrganizationID})
	}
	parts := within.of(tokens)
	return tx.db.Table("(SELECT * FROM (?) AS short UNION ALL SELECT * FROM (?) AS long) AS others",
		parts[0].Select(shortKey+" AS description, platform"), parts[1].Select(longKey+" AS description, platform")).Session(&gorm.Session{}), err
}
