package openapi

import (
	"encoding/json"
	"slices"
	"strings"
)

// Schema is what a value may be (JSON Schema 2020-12), as far as it is shown: conditions between members are for who validates.
type Schema struct {
	Ref        string            `json:"$ref"`
	Type       oneOrMore         `json:"type"`
	Format     string            `json:"format"`
	Text       string            `json:"description"`
	Const      any               `json:"const"`
	Enum       []any             `json:"enum"`
	Default    any               `json:"default"`
	Minimum    *float64          `json:"minimum"`
	Maximum    *float64          `json:"maximum"`
	MinLength  int               `json:"minLength"`
	MaxLength  int               `json:"maxLength"`
	Pattern    string            `json:"pattern"`
	Required   []string          `json:"required"`
	Properties Named[*Schema]    `json:"properties"`
	Others     maybe             `json:"additionalProperties"`
	Patterns   Named[*Schema]    `json:"patternProperties"`
	Items      *Schema           `json:"items"`
	AllOf      []*Schema         `json:"allOf"`
	OneOf      []*Schema         `json:"oneOf"`
	AnyOf      []*Schema         `json:"anyOf"`
	Examples   []json.RawMessage `json:"examples"`
}

// oneOrMore is a word or a list of words.
type oneOrMore []string

func (o *oneOrMore) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*o = []string{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(o))
}

// maybe is a schema, or nil for true and false.
type maybe struct{ *Schema }

func (m *maybe) UnmarshalJSON(text []byte) error {
	if text[0] != '{' {
		return nil
	}
	return json.Unmarshal(text, &m.Schema)
}

// Schema is a schema with what it refers to and what it is made of put together: the members of all of them, each once. What stands beside a
// reference goes before what is referred to.
func (d *Description) Schema(s *Schema) *Schema {
	if s == nil {
		return &Schema{}
	}
	parts := slices.Clone(s.AllOf)
	if s.Ref != "" {
		parts = append(parts, d.schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")])
	}
	if len(parts) == 0 {
		return s
	}
	whole := *s
	whole.Ref, whole.AllOf = "", nil
	whole.Properties = nil
	for _, part := range parts {
		whole.take(d.Schema(part))
	}
	whole.members(s.Properties)
	return &whole
}

// take adds what another part says.
func (s *Schema) take(part *Schema) {
	s.members(part.Properties)
	s.Required, s.Patterns = slices.Concat(s.Required, part.Required), slices.Concat(s.Patterns, part.Patterns)
	s.OneOf, s.AnyOf = slices.Concat(s.OneOf, part.OneOf), slices.Concat(s.AnyOf, part.AnyOf)
	if len(s.Type) == 0 {
		s.Type = part.Type
	}
	if s.Items == nil {
		s.Items = part.Items
	}
	if s.Others.Schema == nil {
		s.Others = part.Others
	}
	for _, each := range []struct{ ours, theirs *string }{{&s.Format, &part.Format}, {&s.Text, &part.Text}, {&s.Pattern, &part.Pattern}} {
		if *each.ours == "" {
			*each.ours = *each.theirs
		}
	}
	if s.Enum == nil && s.Const == nil {
		s.Enum, s.Const = part.Enum, part.Const
	}
	if s.Default == nil {
		s.Default = part.Default
	}
	if s.MaxLength == 0 {
		s.MinLength, s.MaxLength = part.MinLength, part.MaxLength
	}
	if s.Minimum == nil && s.Maximum == nil {
		s.Minimum, s.Maximum = part.Minimum, part.Maximum
	}
}

// members puts members in; what one says goes before what one of the same name has said.
func (s *Schema) members(added Named[*Schema]) {
	for _, each := range added {
		at := slices.IndexFunc(s.Properties, func(m Member[*Schema]) bool { return m.Name == each.Name })
		if at < 0 {
			s.Properties = append(s.Properties, each)
			continue
		}
		s.Properties[at].Value = &Schema{AllOf: []*Schema{each.Value, s.Properties[at].Value}}
	}
}
