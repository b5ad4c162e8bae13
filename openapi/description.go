package openapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
)

// Description is the description in types, for who shows it to people: the groups and operations in the order of the file. What operations
// refer to is written out, but for schemas: Schema resolves those.
type Description struct {
	Text    string // Text is everywhere the member "description": paragraphs with `code` and **strong** words
	Groups  []Group
	schemas map[string]*Schema
}

// Group is what belongs to one tag.
type Group struct {
	Name       string `json:"name"`
	Text       string `json:"description"`
	Operations []*Operation
}

// Operation is a method of a path.
type Operation struct {
	Method     string
	Path       string
	ID         string             `json:"operationId"`
	Tags       []string           `json:"tags"`
	Summary    string             `json:"summary"`
	Text       string             `json:"description"`
	Security   *[]Named[[]string] `json:"security"` // each alternative holds the scopes of the schemes that it needs together
	Parameters []Parameter        `json:"parameters"`
	Body       *Body              `json:"requestBody"`
	Answers    Named[Answer]      `json:"responses"` // by status
}

// Parameter is one of a path, a query or a header; its name is empty where it stands under it.
type Parameter struct {
	Ref      string        `json:"$ref"`
	Name     string        `json:"name"`
	In       string        `json:"in"`
	Required bool          `json:"required"`
	Text     string        `json:"description"`
	Schema   *Schema       `json:"schema"`
	Example  any           `json:"example"`
	Examples Named[Sample] `json:"examples"`
}

// Body is what is sent, by media type.
type Body struct {
	Required bool           `json:"required"`
	Content  Named[Content] `json:"content"`
}

// Answer is what comes back.
type Answer struct {
	Ref     string           `json:"$ref"`
	Text    string           `json:"description"`
	Headers Named[Parameter] `json:"headers"`
	Content Named[Content]   `json:"content"`
}

// Content is a body of one media type.
type Content struct {
	Schema   *Schema       `json:"schema"`
	Example  ordered       `json:"example"`
	Examples Named[Sample] `json:"examples"`
}

// Sample is an example. Its value keeps the order of its members.
type Sample struct {
	Summary string  `json:"summary"`
	Value   ordered `json:"value"`
}

type ordered = json.RawMessage

// Named is a JSON object whose members stand in the order of the file.
type Named[T any] []Member[T]

// Member is a member of an object.
type Member[T any] struct {
	Name  string
	Value T
}

// UnmarshalJSON reads an object.
func (n *Named[T]) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil { // the brace
		return err
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		var value T
		if err := decoder.Decode(&value); err != nil {
			return fmt.Errorf("%v: %w", name, err)
		}
		*n = append(*n, Member[T]{fmt.Sprint(name), value})
	}
	return nil
}

// document is what Read needs of the file.
type document struct {
	Info struct {
		Text string `json:"description"`
	} `json:"info"`
	Security   []Named[[]string]             `json:"security"`
	Tags       []Group                       `json:"tags"`
	Paths      Named[Named[json.RawMessage]] `json:"paths"`
	Components struct {
		Schemas    map[string]*Schema   `json:"schemas"`
		Parameters map[string]Parameter `json:"parameters"`
		Headers    map[string]Parameter `json:"headers"`
		Responses  map[string]Answer    `json:"responses"`
	} `json:"components"`
}

// Read is the description. It is read when it is first asked for, and panics when the file is none, which a test sees.
var Read = sync.OnceValue(func() *Description {
	d, err := read(Document())
	if err != nil {
		panic(fmt.Sprintf("openapi: %v", err)) // a broken build
	}
	return d
})

func read(text []byte) (*Description, error) {
	var file document
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	d := &Description{Text: file.Info.Text, Groups: file.Tags, schemas: file.Components.Schemas}
	groups := map[string]*Group{}
	for n := range d.Groups {
		groups[d.Groups[n].Name] = &d.Groups[n]
	}
	for _, path := range file.Paths {
		operations, err := file.operations(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path.Name, err)
		}
		for _, each := range operations {
			group := groups[each.Tags[0]]
			group.Operations = append(group.Operations, each)
		}
	}
	return d, nil
}

// operations are the methods of a path, with the parameters that they share.
func (file *document) operations(path Member[Named[json.RawMessage]]) ([]*Operation, error) {
	var shared []Parameter
	var found []*Operation
	for _, each := range path.Value {
		switch method := strings.ToUpper(each.Name); method {
		case "PARAMETERS":
			if err := json.Unmarshal(each.Value, &shared); err != nil {
				return nil, err
			}
		case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
			o := &Operation{Method: method, Path: path.Name}
			if err := json.Unmarshal(each.Value, o); err != nil {
				return nil, err
			}
			found = append(found, o)
		}
	}
	for _, o := range found {
		if o.Security == nil {
			o.Security = &file.Security
		}
		o.Parameters = append(shared[:len(shared):len(shared)], o.Parameters...)
		for n, each := range o.Parameters {
			o.Parameters[n] = resolve(file.Components.Parameters, each.Ref, each)
		}
		for n, each := range o.Answers {
			answer := resolve(file.Components.Responses, each.Value.Ref, each.Value)
			for n, header := range answer.Headers {
				answer.Headers[n].Value = resolve(file.Components.Headers, header.Value.Ref, header.Value)
			}
			o.Answers[n].Value = answer
		}
	}
	return found, nil
}

// resolve is what the reference names, or what stands there itself.
func resolve[T any](named map[string]T, ref string, itself T) T {
	if ref == "" {
		return itself
	}
	return named[ref[strings.LastIndexByte(ref, '/')+1:]]
}
