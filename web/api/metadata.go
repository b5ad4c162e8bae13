package api

import (
	"slices"

	"gatehouse/models"
	"gatehouse/store"
)

// metadata is what OPTIONS tells about a resource (contract §2.1): its fields, and whether the caller may create or change. Command
// lines and user interfaces are built from it.
type metadata struct {
	name   string
	list   string // the list's name in the store
	types  []string
	search []string
	fields []attribute
	create handler // nil where POST creates nothing; an error: the caller may not
	change handler // likewise for PUT
}

// attribute describes a field.
type attribute struct {
	key       string
	kind      string // string, integer, boolean, datetime, choice, id, object, field
	label     string
	help      string
	required  bool
	readOnly  bool
	fixed     bool // written on creation only
	writeOnly bool
	closed    bool // cannot be filtered by
	maxLength int
	otherwise any         // its default
	choices   [][2]string // value and label
	only      models.Face // "": both platforms have it
}

// describe answers OPTIONS. It is 200 also where no object is: the question is about the resource.
func (c *call) describe(about *metadata) error {
	if about.name == "" {
		return c.ok(object{})
	}
	body := object{{"name", about.name}, {"description", about.name + "."}, {"renders", []string{"application/json"}}, {"parses", c.parses()}}
	if about.types == nil {
		return c.ok(body)
	}
	actions := object{{"GET", c.describeFields(about.fields, false)}}
	writable := c.server.Policy().Enter(c.actor.Actor, true) == nil
	if about.create != nil && writable && about.create(c) == nil {
		actions = append(actions, member{"POST", c.describeFields(about.creatable(), true)})
	}
	if about.change != nil && writable && about.change(c) == nil {
		actions = append(actions, member{"PUT", c.describeFields(about.changeable(), true)})
	}
	return c.ok(append(body, member{"types", about.types}, member{"search_fields", about.search},
		member{"related_search_fields", store.RelatedSearchFields(about.list)}, member{"max_page_size", c.maxPageSize}, member{"actions", actions}))
}

func (c *call) parses() []string {
	if c.forms {
		return []string{"application/json", "application/x-www-form-urlencoded"}
	}
	return []string{"application/json"}
}

func (m *metadata) creatable() []attribute {
	return slices.DeleteFunc(slices.Clone(m.fields), func(a attribute) bool { return a.readOnly })
}

// changeable: what is never shown need not be sent again, so a full update does without it.
func (m *metadata) changeable() []attribute {
	fields := slices.DeleteFunc(slices.Clone(m.fields), func(a attribute) bool { return a.readOnly || a.fixed })
	for n := range fields {
		fields[n].required = fields[n].required && !fields[n].writeOnly
	}
	return fields
}

func (c *call) describeFields(fields []attribute, input bool) object {
	described := object{}
	for _, each := range fields {
		if each.only == "" || each.only == c.name {
			key := each.key
			if key == "is_platform_auditor" {
				key = c.auditor
			}
			each.closed = each.closed || c.secretFields[each.key]
			described = append(described, member{key, each.describe(input)})
		}
	}
	return described
}

func (a attribute) describe(input bool) object {
	o := object{{"type", a.kind}, {"label", a.label}, {"help_text", a.help}}
	if input {
		o = append(o, member{"required", a.required}, member{"read_only", false})
	} else {
		o = append(o, member{"filterable", !a.closed && !a.writeOnly && a.kind != "object" && a.kind != "field"})
	}
	if input && a.otherwise != nil {
		o = append(o, member{"default", a.otherwise})
	}
	if input && a.maxLength > 0 {
		o = append(o, member{"max_length", a.maxLength})
	}
	if a.choices != nil {
		o = append(o, member{"choices", a.choices})
	}
	return o
}
