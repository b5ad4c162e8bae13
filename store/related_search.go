package store

import (
	"slices"
	"strings"
)

// relatedSearch makes every term occur in a text of the row to which a path of relations leads.
func (b *queryBuilder) relatedSearch(s *scope, f Filter) error {
	fields := s.resource.searched(f.Field)
	if len(fields) == 0 {
		if _, _, err := b.find(s, f.Field); err != nil {
			return err
		}
		return &QueryError{Field: f.Field, Message: short(f.Field) + " leads to no row with texts and does not support search."}
	}
	terms := SearchTerms(f.Value)
	if err := b.count(len(terms) - 1); err != nil {
		return err
	}
	for _, term := range terms {
		if err := checkText(f.Field, term); err != nil {
			return err
		}
		if err := b.anyContains(s, fields, term); err != nil {
			return err
		}
	}
	return nil
}

// searched are the paths to the texts of the row to which a path of relations leads.
func (r *resource) searched(path string) []string {
	var fields []string
	if to, _ := r.follow(path); to != nil {
		for _, name := range searchedNames {
			if _, ok := to.columns[name]; ok {
				fields = append(fields, path+"__"+name)
			}
		}
	}
	return fields
}

// RelatedSearchFields are the keys with the lookup "search" that a list takes, one relation away, sorted; none where a table is no list.
func RelatedSearchFields(table string) []string {
	keys := []string{}
	r := resourceOf(table)
	for name := range r.relations {
		if len(r.searched(name)) > 0 {
			keys = append(keys, name+"__search")
		}
	}
	slices.Sort(keys)
	return keys
}

// SearchTerms takes what somebody searches for apart, at commas and spaces.
func SearchTerms(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}
