package store

import (
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"gatehouse/models"
)

// TokenCount is how many tokens of a platform and kind there are; of those made on one day, where it has one.
type TokenCount struct {
	Day      int64 // counted from 1970, UTC
	Platform models.Platform
	Personal bool
	Number   int64
}

// TokenFigures are numbers of tokens.
type TokenFigures struct {
	Active []TokenCount // that have not expired
	Ending int64        // personal ones that will have by some moment
	Issued []TokenCount // by the day on which they were made
}

// TokenFigures counts a user's own tokens, or all tokens for 0: what ends until a moment of a later day, and what was made since the midnight of a
// day. Whole days of all tokens are counted already (ADR 0016); a user's are read once.
func (r Reader) TokenFigures(until time.Time, since, userID int64) (TokenFigures, error) {
	if userID == 0 {
		return r.figuresOfAll(until, since)
	}
	var read []struct {
		TokenCount
		Active, Ending int64
	}
	err := r.db.Table("access_tokens").Where("user_id = ?", userID).
		Select("platform, application_id IS NULL AS personal, CASE WHEN created >= ? THEN "+dayOf(r.db.Name(), "created")+" ELSE 0 END AS day, COUNT(*) AS number, "+
			"SUM(CASE WHEN expires > ? THEN 1 ELSE 0 END) AS active, SUM(CASE WHEN expires > ? AND expires <= ? THEN 1 ELSE 0 END) AS ending", midnight(since), r.now, r.now, until).
		Group("1, 2, 3").Scan(&read).Error
	var f TokenFigures
	for _, each := range read {
		f.Active = append(f.Active, TokenCount{Platform: each.Platform, Personal: each.Personal, Number: each.Active})
		if each.Personal {
			f.Ending += each.Ending
		}
		if each.Day != 0 {
			f.Issued = append(f.Issued, each.TokenCount)
		}
	}
	return f, translate(err)
}

// figuresOfAll adds up days, and what is in the days of the bounds.
func (r Reader) figuresOfAll(until time.Time, since int64) (f TokenFigures, err error) {
	today, last := floorDay(r.now), floorDay(until)
	figures := func(field string) counts {
		return tokenShortcuts{r, models.Visibility{All: true}}.byValue(field, "day", true)
	}
	days := func(field string, after int64) (parts []*gorm.DB) {
		for _, part := range figures(field).where("day > ?", after) {
			parts = append(parts, part.Select("day, platform, application_id IS NULL AS personal, number"))
		}
		return parts
	}
	tokens := r.db.Table("access_tokens").Session(&gorm.Session{})
	rest := tokens.Where("access_tokens.expires > ? AND access_tokens.expires < ?", r.now, midnight(today+1)).
		Select(fmt.Sprintf("%d AS day, access_tokens.platform, access_tokens.application_id IS NULL AS personal, 1 AS number", today))
	sum := func(parts ...*gorm.DB) (some []TokenCount, err error) {
		union, args := "", []any{}
		for _, part := range parts {
			union, args = union+" UNION ALL SELECT * FROM (?) AS part", append(args, part)
		}
		err = r.db.Raw("SELECT day, platform, personal, SUM(number) AS number FROM ("+strings.TrimPrefix(union, " UNION ALL ")+
			") AS days GROUP BY day, platform, personal HAVING SUM(number) <> 0", args...).Scan(&some).Error
		return some, translate(err)
	}
	if f.Active, err = sum(append(days("expires", today), rest)...); err != nil {
		return f, err
	}
	for n := range f.Active {
		if each := &f.Active[n]; each.Personal && each.Day < last {
			f.Ending += each.Number
		}
		f.Active[n].Day = 0
	}
	var edge int64 // of the last day
	err = tokens.Where("access_tokens.application_id IS NULL AND access_tokens.expires >= ? AND access_tokens.expires <= ?", midnight(last), until).Count(&edge).Error
	if err != nil {
		return f, translate(err)
	}
	f.Ending += edge
	f.Issued, err = sum(days("created", since-1)...)
	return f, err
}

// NeverUsed counts the personal tokens of a user, of all for 0, which have not expired and were never used, and gives the one that was made first,
// nil where there is none. Those of applications come and go by themselves.
func (r Reader) NeverUsed(userID int64) (Amount, *models.AccessToken, error) {
	condition, args := neverUsed, []any{r.now}
	if userID != 0 {
		condition, args = neverUsedAmong+" AND user_id = ?", append(args, userID)
	}
	amount, err := r.amount("SELECT 1 AS hit FROM access_tokens WHERE "+condition+" ORDER BY application_id, created", args...)
	if err != nil || amount.Number == 0 {
		return amount, nil, err
	}
	first, err := all[models.AccessToken](r.db.Where(condition, args...).Preload("User").Order("application_id, created, id").Limit(1))
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
