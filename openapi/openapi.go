// Package openapi holds the description of everything that is served to programs: openapi.yaml, OpenAPI 3.1. It is written by hand and
// served as JSON; which routes there are and what they answer is not known here. Package openapitest holds both to it.
package openapi

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
)

// Path is where the description is served.
const Path = "/api/openapi.json"

//go:embed openapi.yaml
var source []byte

// Document is the description as JSON, in the order of the file: aliases are written out, and what the file keeps for its own use (the
// members whose names begin with "x-") is left out. It panics when the file is no YAML, which a test sees.
var Document = sync.OnceValue(func() []byte {
	var members yaml.MapSlice
	if err := yaml.UnmarshalWithOptions(source, &members, yaml.UseOrderedMap()); err != nil {
		panic(fmt.Sprintf("openapi: %v", err)) // a broken build
	}
	var out bytes.Buffer
	if err := write(&out, served(members)); err != nil {
		panic(fmt.Sprintf("openapi: %v", err))
	}
	return out.Bytes()
})

func served(members yaml.MapSlice) yaml.MapSlice {
	var kept yaml.MapSlice
	for _, each := range members {
		if name, ok := each.Key.(string); !ok || !strings.HasPrefix(name, "x-") {
			kept = append(kept, each)
		}
	}
	return kept
}

// merged leaves of members with the same name the last: it stands for itself, and those before it came from what was merged.
func merged(members yaml.MapSlice) yaml.MapSlice {
	var kept yaml.MapSlice
	place := map[any]int{}
	for _, each := range members {
		if n, seen := place[each.Key]; seen {
			kept[n].Value = each.Value
			continue
		}
		place[each.Key] = len(kept)
		kept = append(kept, each)
	}
	return kept
}

// write writes a value as JSON, the members of objects in their order.
func write(out *bytes.Buffer, value any) error {
	switch value := value.(type) {
	case yaml.MapSlice:
		return list(out, '{', '}', merged(value), func(each yaml.MapItem) error {
			if err := write(out, fmt.Sprint(each.Key)); err != nil {
				return err
			}
			out.WriteByte(':')
			return write(out, each.Value)
		})
	case []any:
		return list(out, '[', ']', value, func(each any) error { return write(out, each) })
	}
	text, err := json.Marshal(value)
	out.Write(text)
	return err
}

func list[T any](out *bytes.Buffer, open, end byte, items []T, write func(T) error) error {
	out.WriteByte(open)
	for n, each := range items {
		if n > 0 {
			out.WriteByte(',')
		}
		if err := write(each); err != nil {
			return err
		}
	}
	out.WriteByte(end)
	return nil
}
