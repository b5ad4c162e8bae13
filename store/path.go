package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"gorm.io/gorm"

	"gatehouse/models"
)

// relation leads from the rows of one list to those of another.
type relation struct {
	to      string // the table
	through string // the table between, {link}, and how it hangs on {to}; "" is none
	on      string // which of the rows, {to} or {link}, belong to a row of the list, {from}
	many    bool   // there may be any number of them
	as      string // what a join of the list's own rows calls them; "" is the name of the relation
}

// resourceOf is the list of a table.
func resourceOf(table string) *resource {
	for _, r := range []*resource{accessTokenList, applicationList, userList, organizationList, activityList} {
		if r.table == table {
			return r
		}
	}
	return refreshTokenList
}

// secretNames are what no path may go through, be there such a field or not.
var secretNames = map[string]bool{"token": true, "client_secret": true, "password": true, "code": true, "user_code": true, "digest": true, "hint": true}

// searchedNames are the columns in which the lookup "search" of a relation looks.
var searchedNames = []string{"username", "first_name", "last_name", "email", "name", "description"}

type condition struct {
	sql  string
	args []any
}

// scope is a set of rows that conditions are about: those of the list, or those at the far end of a relation to many.
type scope struct {
	resource *resource
	at       string               // what SQL calls the rows
	through  string               // the table between, joined
	on       condition            // which of them belong to a row of the scope around
	joins    map[string]condition // by what SQL calls the rows, which begins with what it calls those that they hang on
	and      []condition
	many     map[string]*scope // within this one, likewise
}

func newScope(r *resource, at string) *scope {
	return &scope{resource: r, at: at, joins: map[string]condition{}, many: map[string]*scope{}}
}

// apart is a scope for conditions that stand for themselves: about the same rows, but not about the same ones behind them.
func (s *scope) apart() *scope {
	return &scope{resource: s.resource, at: s.at, joins: s.joins, many: map[string]*scope{}}
}

// all are the conditions of the scope and of those within it.
func (s *scope) all() []condition {
	conditions := slices.Clone(s.and)
	for _, key := range slices.Sorted(maps.Keys(s.many)) {
		conditions = append(conditions, s.many[key].exists())
	}
	return conditions
}

func (s *scope) condition() condition { return joined(s.all(), " AND ", "TRUE") }

func (s *scope) exists() condition {
	from := []condition{{sql: "EXISTS (SELECT 1 FROM " + s.resource.table + " AS " + s.at + s.through}}
	for _, key := range slices.Sorted(maps.Keys(s.joins)) {
		from = append(from, s.joins[key])
	}
	where := joined(append([]condition{s.on}, s.all()...), " AND ", "")
	return joined(append(from, condition{"WHERE " + where.sql + ")", where.args}), " ", "")
}

func joined(conditions []condition, by, none string) condition {
	var parts []string
	var args []any
	for _, c := range conditions {
		parts, args = append(parts, c.sql), append(args, c.args...)
	}
	if len(parts) == 0 {
		return condition{sql: none}
	}
	return condition{strings.Join(parts, by), args}
}

func either(conditions []condition) condition {
	c := joined(conditions, " OR ", "FALSE")
	return condition{"(" + c.sql + ")", c.args}
}

// place is how far a path has led: to the rows that the scope's SQL calls at.
type place struct {
	scope    *scope
	resource *resource
	at       string
}

// find follows a path from the rows of s to a column, and gives the scope in which conditions on it belong.
func (b *queryBuilder) find(s *scope, field string) (*scope, column, error) {
	names := strings.Split(field, "__")
	for _, name := range names {
		if secretNames[name] {
			return nil, column{}, &QueryError{Field: field, Secret: true, Message: fmt.Sprintf("Filtering on %s is not allowed.", name)}
		}
	}
	here, been := place{s, s.resource, s.at}, map[*resource]bool{}
	for n := 0; ; n++ {
		if c, ok := here.resource.column(names[n:]); ok {
			return here.scope, here.column(c), nil
		}
		along, ok := here.resource.relations[names[n]]
		if !ok || len(names) == n+1 && !along.many {
			return nil, column{}, here.resource.noField(field, names[n:])
		}
		if len(names) == n+1 {
			names = append(names, "id")
		}
		to := resourceOf(along.to)
		if been[to] {
			return nil, column{}, &QueryError{Field: field, Message: fmt.Sprintf("Loops not allowed in filters, detected on field %s.", names[n])}
		}
		been[here.resource], been[to] = true, true
		var err error
		if here, err = b.step(here, names[n], along, to, strings.Join(names[n+1:], "__")); err != nil {
			return nil, column{}, err
		}
	}
}

// noField says which of the names is none: the one behind a column, from which nothing leads on.
func (r *resource) noField(path string, names []string) error {
	name := names[0]
	if _, known := r.columns[name]; known && len(names) > 1 {
		name = names[1]
	}
	return &QueryError{Field: path, Message: fmt.Sprintf("%s has no field named '%s'", r.table, short(name))}
}

// column is the list's own column that the names are. A relation's id is one.
func (r *resource) column(names []string) (column, bool) {
	name := strings.Join(names, "__")
	c, ok := r.columns[name]
	if relation, found := strings.CutSuffix(name, "__id"); !ok && found && r.relations[relation].to != "" {
		c, ok = r.columns[relation]
	}
	return c, ok
}

func (p place) column(c column) column {
	if p.at != p.resource.table {
		c.sql = strings.ReplaceAll(c.sql, p.resource.table+".", p.at+".")
	}
	if p.at != p.scope.at {
		c.join = p.at
	}
	return c
}

// step goes along a relation. Of a row that somebody does not see they learn no more than what the row before shows of it: the rest
// of the path finds nothing there, as if the row were missing (ADR 0015).
func (b *queryBuilder) step(from place, name string, along relation, to *resource, rest string) (place, error) {
	v := to.sees(b.sight)
	guarded := (along.many || !slices.Contains(to.shown, rest)) && (!v.All || v.Platform != "")
	at := name
	switch {
	case from.at != b.resource.table:
		at = from.at + "__" + name
	case !guarded && along.as != "":
		at = along.as
	}
	if guarded {
		at += "_seen"
	}
	named := strings.NewReplacer("{to}", at, "{from}", from.at, "{link}", at+"_link")
	on := condition{sql: named.Replace(along.on)}
	if guarded {
		shown := to.visible(Reader{db: b.fresh}, v).Table(to.table).Select(to.table + ".id")
		on = condition{on.sql + " AND " + at + ".id IN (?)", []any{shown}}
	}
	next, known := place{from.scope, to, at}, false
	if along.many {
		if _, known = from.scope.many[at]; !known {
			from.scope.many[at] = newScope(to, at)
			from.scope.many[at].on = on
			if along.through != "" {
				from.scope.many[at].through = " JOIN " + named.Replace(along.through)
			}
		}
		next.scope = from.scope.many[at]
	} else if _, known = from.scope.joins[at]; !known {
		from.scope.joins[at] = condition{"LEFT JOIN " + to.table + " AS " + at + " ON " + on.sql, on.args}
	}
	if known {
		return next, nil
	}
	if b.relations++; b.relations > mostRelations {
		return next, &QueryError{Message: "The query follows too many relations."}
	}
	return next, nil
}

// follow is the list to which a path of relations leads, and whether the last of them leads to many; nil where it is no such path.
func (r *resource) follow(path string) (*resource, bool) {
	many := false
	for name := range strings.SplitSeq(path, "__") {
		along, ok := r.relations[name]
		if !ok {
			return nil, false
		}
		r, many = resourceOf(along.to), along.many
	}
	return r, many
}

// overMany turns the question whether a relation to many leads nowhere into the negation of whether it leads to any.
func overMany(r *resource, f Filter) Filter {
	null, err := parseBool(f.Value)
	null = null && err == nil && f.Lookup == "isnull" || isNull(f)
	if _, many := r.follow(strings.TrimSuffix(f.Field, "__id")); many && null {
		f.Lookup, f.Value, f.Not = "isnull", "false", !f.Not
	}
	return f
}

// stamped are the relations of every list to who made and changed its rows.
func stamped(relations map[string]relation) map[string]relation {
	relations["created_by"] = relation{to: "users", on: "{to}.id = {from}.created_by"}
	relations["modified_by"] = relation{to: "users", on: "{to}.id = {from}.modified_by"}
	return relations
}

// refreshTokenList is no list of its own: that there is a refresh token is all that anybody is shown.
var refreshTokenList = &resource{
	table:   "refresh_tokens",
	visible: func(r Reader, _ models.Visibility) *gorm.DB { return r.db.Where("FALSE") },
	sees:    func(models.Sight) models.Visibility { return models.Visibility{} },
}
