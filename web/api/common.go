package api

import (
	"maps"
	"net/http"
	"slices"

	"gatehouse/models"
)

// common are the members that every object begins with (contract §1).
func (c *call) common(id int64, objectType, resource string, related, summary object, stamps models.Stamps) object {
	o := object{{"id", id}, {"type", objectType}, {"url", c.link(resource, id)}, {"related", related}, {"summary_fields", summary},
		{"created", when(stamps.Created)}, {"modified", when(stamps.Modified)}}
	if c.name == models.FaceGateway {
		o = append(o, member{"created_by", orNull(stamps.CreatedBy)}, member{"modified_by", orNull(stamps.ModifiedBy)})
	}
	return o
}

// stampLinks are the gateway's links to who made and changed an object, as far as they are there and the caller may read them.
func (c *call) stampLinks(stamps models.Stamps, people people) object {
	var links object
	add := func(key string, id *int64) {
		if id == nil || people[*id] == nil {
			return
		}
		if c.server.Policy().User(c.actor.Actor, models.ActionRead, people[*id], c.name) == nil {
			links = append(links, member{key, c.link("users", *id)})
		}
	}
	add("created_by", stamps.CreatedBy)
	add("modified_by", stamps.ModifiedBy)
	return links
}

// people are the users who made and changed the objects of an answer, by id. Those who are gone are not among them.
type people map[int64]*models.User

// people loads them, all in one step; who only looks is known already. Only the gateway names them.
func (c *call) people(stamps ...models.Stamps) (people, error) {
	if c.name != models.FaceGateway {
		return nil, nil
	}
	known := people{}
	if method := c.gin.Request.Method; c.actor.User != nil && (method == http.MethodGet || method == http.MethodHead) {
		known[c.actor.User.ID] = c.actor.User
	}
	var ids []int64
	for _, each := range stamps {
		for _, id := range []*int64{each.CreatedBy, each.ModifiedBy} {
			if id != nil && known[*id] == nil && !slices.Contains(ids, *id) {
				ids = append(ids, *id)
			}
		}
	}
	others, err := c.server.UserNames(c.ctx(), ids)
	maps.Copy(known, others)
	return known, err
}

// peopleOf loads the people behind rows.
func peopleOf[T any](c *call, rows []T, stamps func(*T) models.Stamps) (people, error) {
	all := make([]models.Stamps, len(rows))
	for n := range rows {
		all[n] = stamps(&rows[n])
	}
	return c.people(all...)
}

func (p people) summary(stamps models.Stamps) object {
	var summary object
	add := func(key string, id *int64) {
		if id != nil && p[*id] != nil {
			summary = append(summary, member{key, userSummary(p[*id])})
		}
	}
	add("created_by", stamps.CreatedBy)
	add("modified_by", stamps.ModifiedBy)
	return summary
}
