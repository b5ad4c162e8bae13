package store

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"gorm.io/gorm"
)

// relationPage is a page in the making, of tokens by the name of what they refer to.
type relationPage struct {
	relationWalk
	r            Reader
	skip, wanted int
	ids          []int64
	whole        []int64       // what all tokens of are on the page
	tried        map[int64]int // whose tokens are to be tried together, and which name it is,
	together     int64         // how many these are,
	expected     float64       // and how many of them may be of the list
	all, times   int64         // how many have been tried, and how often
	read         func(condition string, args ...any) []*gorm.DB
}

const (
	mostTried       = 2000   // of how many names the tokens are tried together,
	mostTokensTried = 50_000 // and about how many tokens
)

// add goes on to the tokens of the rows of one name.
func (p *relationPage) add(same []related) error {
	keys, n := idsOf(same, func(each *related) int64 { return each.ID }), int64(0)
	for _, each := range same {
		n += each.Number
	}
	switch {
	case p.wanted == 0:
		return nil
	case p.oneIn > 0:
		return p.try(keys, n)
	case n > 0 && p.skip == 0 && n <= int64(p.wanted):
		p.whole, p.wanted = append(p.whole, keys...), p.wanted-int(n)
		return nil
	}
	return p.take(p.read(" IN ?", keys), int(n))
}

// vain reports whether more has been tried than it would take to sort the list.
func (p *relationPage) vain() bool { return p.oneIn > 0 && p.wanted > 0 && p.all > p.most }

// try puts by the rows of a name, which have n tokens, until all that are put by may fill the page: each time twice as many, as what is asked may be of other names. One
// that is likely to fill it by itself is read no further than the page.
func (p *relationPage) try(keys []int64, n int64) error {
	expected := float64(n) / p.oneIn
	if n < mostTokensTried && expected < float64(p.skip+p.wanted) {
		name := len(p.tried)
		for _, key := range keys {
			p.tried[key] = name
		}
		p.together, p.expected = p.together+n, p.expected+expected
		if len(p.tried) < mostTried && p.together < mostTokensTried && p.expected < float64(p.skip+p.wanted)*math.Pow(2, float64(p.times)) {
			return nil
		}
		return p.tryAll()
	}
	if err := p.tryAll(); err != nil || p.wanted == 0 {
		return err
	}
	before, shown := p.skip, len(p.ids)
	if err := p.take(p.read(" IN ?", keys), math.MaxInt); err != nil || before == 0 || len(p.ids) > shown {
		return err
	}
	passed, err := p.r.sumOf(p.read(" IN ?", keys)...)
	p.skip = max(before-int(passed), 0)
	return err
}

// tryAll reads the tokens of the names that were put by.
func (p *relationPage) tryAll() error {
	type token struct{ ID, Name int64 }
	if len(p.tried) == 0 {
		return nil
	}
	var tokens []token
	for _, part := range p.read(" IN ?", slices.Collect(maps.Keys(p.tried))) {
		var found []token
		if err := part.Select("access_tokens.id AS id, access_tokens." + p.by.key + " AS name").Scan(&found).Error; err != nil {
			return err
		}
		tokens = append(tokens, found...)
	}
	slices.SortFunc(tokens, func(a, b token) int {
		return cmp.Or(cmp.Compare(p.tried[a.Name], p.tried[b.Name]), cmp.Compare(a.ID, b.ID))
	})
	p.show(idsOf(tokens, func(each *token) int64 { return each.ID }))
	p.all, p.times = p.all+p.together, p.times+1
	p.tried, p.together, p.expected = map[int64]int{}, 0, 0
	return nil
}

// show puts on the page what it has not to pass over of the tokens that come next.
func (p *relationPage) show(ids []int64) {
	passed := min(p.skip, len(ids))
	ids = ids[passed:min(passed+p.wanted, len(ids))]
	p.ids, p.skip, p.wanted = append(p.ids, ids...), p.skip-passed, p.wanted-len(ids)
}

// take reads of n tokens in the order of ids those that the page shows.
func (p *relationPage) take(parts []*gorm.DB, n int) error {
	if p.wanted == 0 || n <= p.skip {
		p.skip -= min(n, p.skip)
		return nil
	}
	var branches []branch
	for _, part := range parts {
		branches = append(branches, branch{rows: part, key: "access_tokens.id"})
	}
	ids, err := p.r.merge("access_tokens", branches, false, Query{Offset: p.skip, Limit: p.wanted})
	p.ids, p.skip, p.wanted = append(p.ids, ids...), 0, p.wanted-len(ids)
	return err
}

// end goes on to the rows of the last name and to what refers to nothing.
func (p *relationPage) end(same []related) ([]int64, error) {
	if err := p.add(same); err != nil {
		return nil, err
	}
	if err := p.tryAll(); err != nil {
		return nil, err
	}
	if p.users != nil { // nobody's tokens are theirs
		return p.ids, nil
	}
	if err := p.take(p.read(" IS NULL"), p.skip+p.wanted); err != nil {
		return nil, err
	}
	return p.shown()
}

// shown are the ids of the page, in any order.
func (p *relationPage) shown() ([]int64, error) {
	if len(p.whole) == 0 {
		return p.ids, nil
	}
	for _, part := range p.read(" IN ?", p.whole) {
		var ids []int64
		if err := part.Pluck("access_tokens.id", &ids).Error; err != nil {
			return nil, err
		}
		p.ids = append(p.ids, ids...)
	}
	return p.ids, nil
}
