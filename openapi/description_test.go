package openapi

import (
	"strings"
	"testing"
)

// TestDescriptionInTypes: what is read into types is what the file says, with everything that is referred to.
func TestDescriptionInTypes(t *testing.T) {
	t.Parallel()
	d, seen := Read(), map[string]*Operation{}
	for _, group := range d.Groups {
		if len(group.Operations) == 0 {
			t.Errorf("the group %s is empty", group.Name)
		}
		for _, o := range group.Operations {
			seen[o.ID] = o
			for _, each := range o.Parameters {
				if each.Name == "" || each.In == "" {
					t.Errorf("%s: the parameter %+v", o.ID, each)
				}
			}
			for _, each := range o.Answers {
				if each.Value.Text == "" {
					t.Errorf("%s: %s has no words", o.ID, each.Name)
				}
			}
			for _, parameter := range strings.Split(o.Path, "{")[1:] {
				name, _, _ := strings.Cut(parameter, "}")
				if len(o.Parameters) == 0 || o.Parameters[0].Name != name {
					t.Errorf("%s: the path's %s is not its first parameter", o.ID, name)
				}
			}
		}
	}
	if named := strings.Count(string(Document()), `"operationId":`); len(seen) != named {
		t.Errorf("%d operations of %d", len(seen), named)
	}
	list := seen["listGatewayTokens"]
	if list.Method != "GET" || list.Path != "/api/gateway/v1/tokens/" || len(*list.Security) != 3 || (*list.Security)[0][0].Name != "bearer" {
		t.Errorf("the list of tokens is %+v", list)
	}
}

// TestSchemaPutTogether: what a schema is made of is one, whose own words go before those of its parts.
func TestSchemaPutTogether(t *testing.T) {
	t.Parallel()
	d, err := read([]byte(`{"components": {"schemas": {
		"Base": {"type": "object", "description": "Base.", "required": ["id"], "properties": {"id": {"type": "integer"}, "kind": {"type": "string"}}},
		"Token": {"description": "Token.", "allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["scope"], "properties": {"scope": {"enum": ["read"]}}}],
			"properties": {"kind": {"const": "token"}}}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	whole := d.Schema(&Schema{Ref: "#/components/schemas/Token"})
	var names []string
	for _, each := range whole.Properties {
		names = append(names, each.Name)
	}
	if got := strings.Join(names, " "); got != "id kind scope" || strings.Join(whole.Required, " ") != "id scope" || whole.Text != "Token." || whole.Type[0] != "object" {
		t.Errorf("members %s, required %v, %q, %v", got, whole.Required, whole.Text, whole.Type)
	}
	if kind := d.Schema(whole.Properties[1].Value); kind.Const != "token" || kind.Type[0] != "string" {
		t.Errorf("kind is %+v", kind)
	}
	for _, broken := range []string{`[]`, `{"paths": {"/a": {"get": []}}}`, `{"paths": {"/a": {"parameters": {}}}}`} {
		if _, err := read([]byte(broken)); err == nil {
			t.Errorf("%s is taken for a description", broken)
		}
	}
}
