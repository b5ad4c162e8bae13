// Package openapitest holds requests and their answers to the description in package openapi. It is for tests: Handler stands before
// the handler that they ask. It knows OpenAPI and JSON Schema, and of Gatehouse only what the description says.
package openapitest

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"gatehouse/openapi"
)

// object is a JSON object of the description.
type object = map[string]any

// The description is compiled twice: as it stands, for requests, whose unknown members are ignored; and strictly, for answers, which
// hold nothing that is not described.
const (
	open   = "https://gatehouse.invalid/openapi.json"
	strict = "https://gatehouse.invalid/strict.json"
)

// description is the parsed document with the schemas that were asked for so far.
type description struct {
	document object
	paths    []path

	mu       sync.Mutex
	compiler *jsonschema.Compiler
	schemas  map[string]*jsonschema.Schema
}

// path is an address of the description, without a slash at its end.
type path struct {
	template string // as it is written
	segments []string
	item     object
}

// load reads the description once.
var load = sync.OnceValues(func() (*description, error) { return parse(openapi.Document()) })

func parse(text []byte) (*description, error) {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read the description: %w", err)
	}
	document, ok := value.(object)
	if !ok {
		return nil, fmt.Errorf("the description is no object")
	}
	d := &description{document: document, compiler: jsonschema.NewCompiler(), schemas: map[string]*jsonschema.Schema{}}
	d.compiler.AssertFormat()
	for url, each := range map[string]any{open: document, strict: close(document)} {
		if err := d.compiler.AddResource(url, each); err != nil {
			return nil, fmt.Errorf("read the description: %w", err)
		}
	}
	paths, _ := document["paths"].(object)
	for _, template := range slices.Sorted(maps.Keys(paths)) {
		d.paths = append(d.paths, path{template, segmentsOf(template), paths[template].(object)})
	}
	slices.SortStableFunc(d.paths, func(a, b path) int { return strings.Count(a.template, "{") - strings.Count(b.template, "{") })
	return d, nil
}

func segmentsOf(address string) []string { return strings.Split(strings.Trim(address, "/"), "/") }

// find is the path that an address belongs to; one without parameters goes before one with. A parameter at the end of a path that
// answers any method stands for slashes as well.
func (d *description) find(address string) (path, bool) {
	segments := segmentsOf(address)
	for _, each := range d.paths {
		last := len(each.segments) - 1
		if len(segments) > len(each.segments) && each.item[anyMethod] == true && strings.HasPrefix(each.segments[last], "{") {
			segments := append(slices.Clone(segments[:last]), "")
			if slices.EqualFunc(each.segments, segments, fits) {
				return each, true
			}
		}
		if slices.EqualFunc(each.segments, segments, fits) {
			return each, true
		}
	}
	return path{}, false
}

func fits(template, segment string) bool {
	return strings.HasPrefix(template, "{") || template == segment
}

// anyMethod marks a path whose GET describes every method.
const anyMethod = "x-any-method"

// pointer is a place in the description: the keys on the way to it.
type pointer []string

func (p pointer) to(keys ...string) pointer { return append(slices.Clone(p), keys...) }

func (p pointer) String() string {
	text := "#"
	for _, key := range p {
		text += "/" + strings.NewReplacer("~", "~0", "/", "~1", "%", "%25", "{", "%7B", "}", "%7D").Replace(key)
	}
	return text
}

// at is the value at a place, and the place where it stands in the end: references are followed.
func (d *description) at(p pointer) (object, pointer, error) {
	var value any = d.document
	for _, key := range p {
		inside, _ := value.(object)
		value = inside[key]
	}
	found, ok := value.(object)
	if !ok {
		return nil, nil, fmt.Errorf("the description has nothing at %s", p)
	}
	if reference, ok := found["$ref"].(string); ok {
		return d.at(strings.Split(strings.TrimPrefix(reference, "#/"), "/"))
	}
	return found, p, nil
}

// schema compiles the schema at a place of the open or strict document, once.
func (d *description) schema(document string, p pointer) (*jsonschema.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	url := document + p.String()
	if d.schemas[url] == nil {
		compiled, err := d.compiler.Compile(url)
		if err != nil {
			return nil, err
		}
		d.schemas[url] = compiled
	}
	return d.schemas[url], nil
}

// operation is the description of a method at a path. HEAD is described by GET.
func (d *description) operation(p path, method string) (pointer, bool) {
	if method == http.MethodHead || p.item[anyMethod] == true {
		method = http.MethodGet
	}
	name := strings.ToLower(method)
	_, found := p.item[name].(object)
	return pointer{"paths", p.template, name}, found
}
