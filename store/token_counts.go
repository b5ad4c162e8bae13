package store

import (
	"strings"
	"time"

	"gorm.io/gorm"

	"gatehouse/models"
)

// TokenCount is how many tokens of a platform and kind there are that were made, or end, on one day.
type TokenCount struct {
	Day      int64 // counted from 1970, UTC
	Platform models.Platform
	Personal bool
	Number   int64
}

// TokensByDay counts what v shows by the day on which it was made ("created") or ends ("expires"): after one moment, and until another if
// that is not zero. Whole days of all tokens are counted already (ADR 0016); other tokens are read, from an index.
func (r Reader) TokensByDay(field string, after, until time.Time, v models.Visibility) ([]TokenCount, error) {
	column := "access_tokens." + field
	parts, err := r.seenParts(v)
	if err != nil {
		return nil, err
	}
	var counted []any // queries for the same columns
	if v.All {
		days, edges := r.wholeDays(field, after, until, v.Platform), parts[0]
		counted, parts = append(counted, days), []*gorm.DB{edges.Where(column+" < ?", midnight(floorDay(after)+1))}
		if !until.IsZero() && floorDay(until) > floorDay(after) {
			parts = append(parts, edges.Where(column+" >= ?", midnight(floorDay(until))))
		}
	}
	for _, part := range parts {
		part = part.Where(column+" > ?", after)
		if !until.IsZero() {
			part = part.Where(column+" <= ?", until)
		}
		counted = append(counted, part.Select(dayOf(r.db.Name(), column)+" AS day, access_tokens.platform, access_tokens.application_id IS NULL AS personal, 1 AS number"))
	}
	union := strings.TrimPrefix(strings.Repeat(" UNION ALL SELECT * FROM (?) AS part", len(counted)), " UNION ALL ")
	var counts []TokenCount
	err = r.db.Raw("SELECT day, platform, personal, SUM(number) AS number FROM ("+union+") AS parts GROUP BY 1, 2, 3 HAVING SUM(number) <> 0 ORDER BY 1, 2, 3",
		counted...).Scan(&counts).Error
	return counts, translate(err)
}

// wholeDays are the counts of the days between those of two moments.
func (r Reader) wholeDays(field string, after, until time.Time, platform models.Platform) *gorm.DB {
	days := r.db.Table("access_tokens_by_day").Select("day, platform, personal, number").Where("field = ? AND day > ?", field, floorDay(after))
	if !until.IsZero() {
		days = days.Where("day < ?", floorDay(until))
	}
	if platform != "" {
		days = days.Where("platform = ?", platform)
	}
	return days
}

// seenParts are the tokens that v shows, of any platform: each part by an index of its own, and no token in two of them.
func (r Reader) seenParts(v models.Visibility) ([]*gorm.DB, error) {
	s := tokenShortcuts{r, v}
	switch {
	case v.All:
		return []*gorm.DB{s.tokens().Session(&gorm.Session{})}, nil
	case len(v.Organizations) == 0:
		return []*gorm.DB{s.tokens().Where("access_tokens.user_id = ?", v.UserID)}, nil
	}
	unconditional, err := accessTokenList.conditions(r.db, Query{})
	if err != nil {
		return nil, err
	}
	administered, own, err := s.parts(unconditional, Query{})
	return []*gorm.DB{administered, own}, err
}

// NeverUsed counts the personal tokens that v shows which have not expired and were never used, and gives the one that was made first, nil
// where there is none. Those of applications come and go by themselves.
func (r Reader) NeverUsed(v models.Visibility) (Amount, *models.AccessToken, error) {
	condition, args := "last_used IS NULL AND application_id IS NULL AND expires > ?", []any{r.now}
	if !v.All {
		condition, args = condition+" AND user_id = ?", append(args, v.UserID) // personal tokens of others are nobody's to administer
	}
	amount, err := r.amount("SELECT 1 AS hit FROM access_tokens WHERE "+condition, args...)
	if err != nil || amount.Number == 0 {
		return amount, nil, err
	}
	first, err := all[models.AccessToken](r.db.Where(condition, args...).Preload("User").Order("created, id").Limit(1))
	if err != nil || len(first) == 0 {
		return amount, nil, err
	}
	return amount, &first[0], nil
}

// midnight is when a day of floorDay begins.
func midnight(day int64) time.Time { return time.Unix(day*secondsOfDay, 0).UTC() }

const secondsOfDay = 86400

// dayOf is the day of a time in SQL, as floorDay counts it.
func dayOf(dialect, column string) string {
	if dialect == PostgreSQL {
		return "day_of(" + column + ")"
	}
	return strings.ReplaceAll("(? - (? % 86400000000 + 86400000000) % 86400000000) / 86400000000", "?", column)
}
