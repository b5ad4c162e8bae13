package store

import (
	"slices"
	"strings"

	"gorm.io/gorm"
)

// counts are where rows are counted: what is settled, and what is noted since (ADR 0016). They are asked one by one, in one statement: SQLite
// would read all of a union before it joins it.
type counts []*gorm.DB

// counts are those of the views, which go by the name of the table that they count.
func (r Reader) counts(table string, views ...string) counts {
	var c counts
	for _, view := range views {
		c = append(c, r.db.Table("("+view+") AS "+table))
	}
	return c
}

func (c counts) where(sql string, args ...any) counts {
	for n := range c {
		c[n] = c[n].Where(sql, args...)
	}
	return c
}

func (c counts) on(b *queryBuilder) counts {
	for n := range c {
		c[n] = b.on(c[n])
	}
	return c
}

// sum adds up all numbers.
func (r Reader) sum(c counts) (int64, error) { return r.difference(c, nil, condition{}) }

// difference adds up all numbers less others, in one statement: nothing comes between. What both are about may stand before it.
func (r Reader) difference(c, less counts, before condition) (n int64, err error) {
	sql, args := before.sql+" SELECT 0", slices.Clone(before.args)
	for _, part := range []struct {
		sign string
		counts
	}{{" + ", c}, {" - ", less}} {
		for _, each := range part.counts {
			sql, args = sql+part.sign+"COALESCE((?), 0)", append(args, each.Select("SUM(number)"))
		}
	}
	err = r.db.Raw(sql, args...).Scan(&n).Error
	return n, translate(err)
}

// number is how many rows of a list have the id.
type number struct{ ID, Number int64 }

// numbers add up by a key, which names rows of another table; those of which there are none are left out.
func (r Reader) numbers(c counts, key string) ([]number, error) {
	var args []any
	for _, each := range c {
		args = append(args, each.Select(key+" AS id, SUM(number) AS number").Where(key+" IS NOT NULL").Group(key))
	}
	parts := strings.TrimPrefix(strings.Repeat(" UNION ALL SELECT * FROM (?) AS part", len(c)), " UNION ALL ")
	var found []number
	err := r.db.Raw("SELECT id, SUM(number) AS number FROM ("+parts+") AS parts GROUP BY id HAVING SUM(number) > 0 ORDER BY id", args...).Scan(&found).Error
	return found, translate(err)
}

// sumOf counts the rows of all parts.
func (r Reader) sumOf(parts ...*gorm.DB) (n int64, err error) {
	var args []any
	for _, part := range parts {
		args = append(args, part.Select("count(*)"))
	}
	err = r.db.Raw("SELECT 0"+strings.Repeat(" + (?)", len(parts)), args...).Scan(&n).Error
	return n, translate(err)
}
