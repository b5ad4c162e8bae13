package store

import (
	"slices"

	"gatehouse/models"
)

// activityShortcuts count entries by what they are about and by whom they are, for who sees all of the stream.
type activityShortcuts struct {
	r Reader
	v models.ActivityVisibility
}

// kinds reports whether a query's conditions are on the kind of the entries alone; and else whether on that and on who acted.
func (activityShortcuts) kinds(q Query) (alone, withActor bool) {
	alone, withActor = len(q.Search) == 0, len(q.Search) == 0
	for _, f := range q.Filters {
		switch {
		case f.Lookup == "search": // names are not counted by
			return false, false
		case slices.Contains([]string{"object_type", "operation", "content_type", "content_type_model", "content_type__model", "object1"}, f.Field):
		case slices.Contains([]string{"actor", "actor__id", "created_by", "created_by__id"}, f.Field):
			alone, withActor = false, withActor && q.names(of(f.Field))
		default:
			return false, false
		}
	}
	return alone, withActor
}

func (s activityShortcuts) count(b *queryBuilder, q Query) (n Amount, known bool, err error) {
	alone, withActor := s.kinds(q)
	view := "activity_by_kind"
	switch {
	case s.few(q) && !q.SkipCount:
		err := b.unindexed().on(s.r.visibleActivity(s.v).Table("activity")).Count(&n.Number).Error
		return n, true, err
	case s.v.All && s.inRange(q) && !q.SkipCount:
		n.Number, known, err = s.countBlocks(b, q)
		return n, known, err
	case !s.v.All || !withActor:
		return n, false, nil
	case !alone:
		view = "activity_by_actor"
	}
	c := s.r.counts("activity", "SELECT * FROM "+view).on(b)
	for n := range c {
		c[n] = kindsShown(c[n], s.v)
	}
	n.Number, err = s.r.sum(c)
	return n, true, err
}

// few reports whether a query's conditions are on kinds, of which what v shows has fewer entries than the index of kinds leads to: they are tried
// on each of these.
func (s activityShortcuts) few(q Query) bool {
	alone, _ := s.kinds(q)
	return !seesMost(s.v) && alone && len(q.Filters) > 0 && q.CountTo == 0
}

// way finds a range of times where its entries stand, and merges the kinds of entries that are asked for, each in the order of one index.
func (s activityShortcuts) way(b *queryBuilder, q Query, _ int64) (way, error) {
	if s.few(q) {
		return way{filtered: b.unindexed().on(s.r.visibleActivity(s.v).Table("activity"))}, nil
	}
	if len(q.Order) == 0 {
		q.Order = b.resource.order
	}
	field, descending, only := q.orderedBy()
	switch {
	case !s.v.All || !only || len(q.Filters) > 0 && !s.inRange(q) || len(q.Search) > 0:
	case field == "created" || field == "timestamp":
		ids, err := s.r.merge("activity", []branch{{rows: b.on(s.entries()), key: "activity.created"}}, descending, q)
		return way{ids: ids}, err
	case field == "id" && len(q.Filters) > 0:
		ids, err := s.nearby(b, q, descending)
		return way{ids: ids}, err
	}
	if alone, _ := s.kinds(q); !s.v.All || !only || field != "id" || len(q.Filters) == 0 || !alone {
		return way{}, nil
	}
	var kinds []struct{ ObjectType, Operation string }
	err := b.on(kindsShown(s.r.db.Table("activity_by_kind AS activity"), s.v)).Select("activity.object_type, activity.operation").
		Group("activity.object_type, activity.operation").Having("SUM(number) > 0").Scan(&kinds).Error
	if err != nil {
		return way{}, err
	}
	var branches []branch
	for _, kind := range kinds {
		entries := s.r.db.Table("activity").Where("activity.object_type = ? AND activity.operation = ?", kind.ObjectType, kind.Operation)
		if s.v.Platform == models.Controller {
			entries = entries.Where(noGatewayOnly)
		}
		branches = append(branches, branch{rows: entries, key: "activity.id"})
	}
	ids, err := s.r.merge("activity", branches, descending, q)
	return way{ids: ids}, err
}
