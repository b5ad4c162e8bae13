package console

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gatehouse/openapi"
	"gatehouse/templates"
)

// deepest is how many members within members are told of; what has more is told of where it stands alone.
const deepest = 5

// describer puts what schemas say in words.
type describer struct{ *openapi.Description }

func (d describer) parameter(name string, p openapi.Parameter) templates.DescribedField {
	field := d.field(name, p.Schema)
	field.Place, field.Required = p.In, p.Required
	if p.Text != "" {
		field.Text = p.Text
	}
	if p.Example != nil {
		field.Limits = append(field.Limits, "for example `"+literal(p.Example)+"`")
	}
	for _, each := range p.Examples {
		field.Limits = append(field.Limits, "for example `"+strings.Trim(string(each.Value.Value), `"`)+"`")
	}
	return field
}

// body is a whole body: its members, or else its type.
func (d describer) body(s *openapi.Schema) templates.DescribedBody {
	whole := d.Schema(s)
	body := templates.DescribedBody{Text: whole.Text, Fields: d.fields(whole, "", deepest)}
	if len(body.Fields) == 0 {
		body.Type = d.typeOf(whole)
	}
	return body
}

// fields are the members of an object, each before its own.
func (d describer) fields(s *openapi.Schema, within string, depth int) (rows []templates.DescribedField) {
	if depth == 0 {
		return nil
	}
	for _, each := range s.Properties {
		row := d.field(each.Name, each.Value)
		row.Within, row.Required = within, slices.Contains(s.Required, each.Name)
		rows = append(rows, row)
		rows = append(rows, d.inside(d.Schema(each.Value), within+each.Name, depth-1)...)
	}
	for _, each := range slices.Concat(s.OneOf, s.AnyOf) {
		for _, row := range d.fields(d.Schema(each), within, depth) {
			if !slices.ContainsFunc(rows, func(r templates.DescribedField) bool { return r.Within == row.Within && r.Name == row.Name }) {
				row.Required = false // in the other alternatives it is not there
				rows = append(rows, row)
			}
		}
	}
	for _, each := range s.Patterns {
		row := d.field(strings.NewReplacer("^", "", `\`, "").Replace(each.Name)+"…", each.Value)
		row.Within = within
		rows = append(append(rows, row), d.inside(d.Schema(each.Value), within+row.Name, depth-1)...)
	}
	if s.Others.Schema != nil {
		row := d.field("…", s.Others.Schema)
		row.Within = within
		rows = append(append(rows, row), d.inside(d.Schema(s.Others.Schema), within+row.Name, depth-1)...)
	}
	return rows
}

// inside are the members of what a member holds: an object, or the objects of a list.
func (d describer) inside(s *openapi.Schema, path string, depth int) []templates.DescribedField {
	if s.Items != nil {
		return d.inside(d.Schema(s.Items), path+"[]", depth)
	}
	return d.fields(s, path+".", depth)
}

func (d describer) field(name string, s *openapi.Schema) templates.DescribedField {
	whole := d.Schema(s)
	field := templates.DescribedField{Name: name, Type: d.typeOf(whole), Text: whole.Text}
	limits := func(format string, values ...any) {
		field.Limits = append(field.Limits, fmt.Sprintf(format, values...))
	}
	if len(whole.Enum) > 0 {
		var choices []string
		for _, each := range whole.Enum {
			choices = append(choices, "`"+literal(each)+"`")
		}
		limits("one of %s", strings.Join(choices, ", "))
	}
	if whole.Const != nil {
		limits("always `%s`", literal(whole.Const))
	}
	if whole.Minimum != nil {
		limits("at least %s", strconv.FormatFloat(*whole.Minimum, 'f', -1, 64))
	}
	if whole.Maximum != nil {
		limits("at most %s", strconv.FormatFloat(*whole.Maximum, 'f', -1, 64))
	}
	if whole.MinLength > 1 {
		limits("at least %d characters", whole.MinLength)
	}
	if whole.MaxLength > 0 {
		limits("at most %d characters", whole.MaxLength)
	}
	if whole.Default != nil {
		limits("`%s` unless said", literal(whole.Default))
	}
	return field
}

// formats are the words for texts of a certain form.
var formats = map[string]string{"date-time": "time", "uri-reference": "path or address", "uri": "address"}

// typeOf is the type of a value in words.
func (d describer) typeOf(s *openapi.Schema) string {
	var types []string
	add := func(name string) {
		if !slices.Contains(types, name) {
			types = append(types, name)
		}
	}
	for _, each := range s.Type {
		switch {
		case each == "array" && s.Items != nil:
			add("list of " + d.typeOf(d.Schema(s.Items)))
		case each == "array":
			add("list")
		case each == "string" && s.Format != "":
			add(cmp.Or(formats[s.Format], s.Format))
		default:
			add(each)
		}
	}
	for _, each := range slices.Concat(s.OneOf, s.AnyOf) {
		add(d.typeOf(d.Schema(each)))
	}
	switch {
	case len(types) > 0:
	case len(s.Properties) > 0 || s.Others.Schema != nil:
		add("object")
	case s.Const != nil || len(s.Enum) > 0:
		for _, each := range append(slices.Clone(s.Enum), s.Const) {
			if each != nil {
				add(typeName(each))
			}
		}
	default:
		add("anything")
	}
	return strings.Join(types, " or ")
}

func typeName(value any) string {
	switch value.(type) {
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64:
		return "integer"
	}
	return "object"
}

// literal is a value as it stands in JSON, texts without their quotes but for the empty one.
func literal(value any) string {
	if text, ok := value.(string); ok && text != "" {
		return text
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

// made is an object with the members that have to be there, or with all of them where none has to.
func (d describer) made(s *openapi.Schema) json.RawMessage {
	whole := d.Schema(s)
	members := map[string]any{}
	for _, each := range whole.Properties {
		if len(whole.Required) == 0 || slices.Contains(whole.Required, each.Name) {
			members[each.Name] = sampleOf(d.Schema(each.Value))
		}
	}
	text, err := json.Marshal(members)
	if err != nil {
		return nil
	}
	return text
}

func sampleOf(s *openapi.Schema) any {
	switch {
	case s.Default != nil:
		return s.Default
	case s.Const != nil:
		return s.Const
	case len(s.Enum) > 0:
		return s.Enum[0]
	case slices.Contains(s.Type, "boolean"):
		return true
	case slices.Contains(s.Type, "integer"):
		return 1
	case slices.Contains(s.Type, "array"):
		return []any{}
	}
	return "text"
}
