package openapitest

import (
	"bytes"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// described is the description, which the test cannot do without.
func described(t *testing.T) *description {
	t.Helper()
	d, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestDocumentIsOpenAPI holds the document to the schema of OpenAPI 3.1 by those who write that standard.
func TestDocumentIsOpenAPI(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/openapi-3.1.json")
	if err != nil {
		t.Fatal(err)
	}
	standard, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("openapi-3.1.json", standard); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("openapi-3.1.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(described(t).document); err != nil {
		t.Error(err)
	}
}

// TestEverySchemaIsOne: the standard's schema of documents does not look into the schemas that they hold.
func TestEverySchemaIsOne(t *testing.T) {
	t.Parallel()
	d, found := described(t), 0
	for _, place := range d.places("schema") {
		for _, document := range []string{open, strict} {
			if _, err := d.schema(document, place); err != nil {
				t.Errorf("%s: %v", place, err)
			}
		}
		found++
	}
	schemas, _, err := d.at(pointer{"components", "schemas"})
	if err != nil {
		t.Fatal(err)
	}
	for name := range schemas {
		if _, err := d.schema(open, pointer{"components", "schemas", name}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if found < 300 || len(schemas) < 50 {
		t.Errorf("only %d places with a schema and %d schemas were found", found, len(schemas))
	}
}

// TestExamplesAreValid: what people will copy is right.
func TestExamplesAreValid(t *testing.T) {
	t.Parallel()
	d, found := described(t), 0
	for _, place := range d.places("schema") {
		holder, at, err := d.at(place[:len(place)-1])
		if err != nil {
			t.Fatal(err)
		}
		schema, err := d.schema(strict, at.to("schema"))
		if slices.Contains(at, "requestBody") {
			schema, err = d.schema(open, at.to("schema"))
		}
		if err != nil {
			t.Fatal(err)
		}
		values := []any{}
		if example, ok := holder["example"]; ok {
			values = append(values, example)
		}
		examples, _ := holder["examples"].(object)
		for _, each := range examples {
			values = append(values, each.(object)["value"])
		}
		for _, value := range values {
			found++
			if err := schema.Validate(value); err != nil {
				t.Errorf("the example at %s: %v", at, err)
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d examples were found", found)
	}
}

// places are all places in the document, outside of schemas, that end with the key.
func (d *description) places(key string) []pointer {
	var found []pointer
	var walk func(value any, at pointer)
	walk = func(value any, at pointer) {
		inside, _ := value.(object)
		for name, each := range inside {
			switch name {
			case key:
				found = append(found, at.to(name))
			case "schemas", "example", "examples":
			default:
				walk(each, at.to(name))
			}
		}
	}
	walk(d.document, nil)
	return found
}

// TestOperations: each has a name of its own, says what it does, has a tag that is explained, and all parameters of its path; each
// reference leads somewhere, and each component is referred to.
func TestOperations(t *testing.T) {
	t.Parallel()
	d := described(t)
	tags := map[any]bool{}
	for _, tag := range d.document["tags"].([]any) {
		tags[tag.(object)["name"]] = true
	}
	names, used := map[any]string{}, map[any]bool{}
	for _, path := range d.paths {
		for method, each := range path.item {
			if !slices.Contains(methods, method) {
				continue
			}
			operation, where := each.(object), method+" "+path.template
			if other := names[operation["operationId"]]; other != "" || operation["operationId"] == nil {
				t.Errorf("%s: the operationId %v, which %q has", where, operation["operationId"], other)
			}
			names[operation["operationId"]] = where
			if summary, _ := operation["summary"].(string); summary == "" {
				t.Errorf("%s has no summary", where)
			}
			list, _ := operation["tags"].([]any)
			if len(list) != 1 || !tags[list[0]] {
				t.Errorf("%s has the tags %v, want one of the list", where, list)
			}
			used[list[0]] = true
		}
		if want, got := placeholders(path.template), d.pathParameters(t, path); !slices.Equal(want, got) {
			t.Errorf("%s: the parameters %v are described, want %v", path.template, got, want)
		}
	}
	if len(names) < 150 || len(used) != len(tags) {
		t.Errorf("%d operations, %d of %d tags", len(names), len(used), len(tags))
	}
	checkReferences(t, d)
}

func placeholders(template string) []string {
	var names []string
	for _, each := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(template, -1) {
		names = append(names, each[1])
	}
	return names
}

func (d *description) pathParameters(t *testing.T, path path) []string {
	t.Helper()
	var names []string
	list, _ := path.item["parameters"].([]any)
	for _, each := range list {
		parameter := each.(object)
		if reference, ok := parameter["$ref"].(string); ok {
			var err error
			if parameter, _, err = d.at(strings.Split(strings.TrimPrefix(reference, "#/"), "/")); err != nil {
				t.Fatal(err)
			}
		}
		if parameter["in"] == "path" {
			names = append(names, parameter["name"].(string))
		}
	}
	return names
}

func checkReferences(t *testing.T, d *description) {
	t.Helper()
	referred := map[string]bool{"responses/Options": true, "responses/NotAllowed": true, "responses/OAuthNotAllowed": true} // the rule in info
	var walk func(value any)
	walk = func(value any) {
		switch value := value.(type) {
		case object:
			if reference, ok := value["$ref"].(string); ok {
				if _, _, err := d.at(strings.Split(strings.TrimPrefix(reference, "#/"), "/")); err != nil {
					t.Errorf("%s: %v", reference, err)
				}
				referred[strings.TrimPrefix(reference, "#/components/")] = true
			}
			for _, each := range value {
				walk(each)
			}
		case []any:
			for _, each := range value {
				walk(each)
			}
		}
	}
	walk(d.document)
	components := d.document["components"].(object)
	for _, kind := range slices.Sorted(maps.Keys(components)) {
		for name := range components[kind].(object) {
			if kind != "securitySchemes" && !referred[kind+"/"+name] {
				t.Errorf("nothing refers to the component %s/%s", kind, name)
			}
		}
	}
}
