package console

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"gatehouse/openapi"
	"gatehouse/templates"
)

// operationPage is what an operation takes and answers, but for what every page has.
func operationPage(d describer, o *openapi.Operation, issuer string) templates.OperationPage {
	data := templates.OperationPage{Operation: operationLink(o), Text: o.Text, Credentials: credentials(*o.Security)}
	for _, each := range o.Parameters {
		data.Parameters = append(data.Parameters, d.parameter(each.Name, each))
	}
	if o.Body != nil {
		data.MustSend, data.Bodies = o.Body.Required, d.bodies(o.Body.Content, "body")
	}
	for _, each := range o.Answers {
		answer := templates.DescribedAnswer{Status: each.Name, Text: each.Value.Text, Bodies: d.bodies(each.Value.Content, "answer-"+each.Name)}
		for n := range answer.Bodies {
			answer.Bodies[n].Answered = true
		}
		for _, header := range each.Value.Headers {
			answer.Headers = append(answer.Headers, d.parameter(header.Name, header.Value))
		}
		data.Answers = append(data.Answers, answer)
	}
	slices.SortStableFunc(data.Answers, func(a, b templates.DescribedAnswer) int { return cmp.Compare(a.Status, b.Status) })
	data.Answers[0].Open = true // what comes when all is well
	data.Request = d.sample(o, issuer)
	return data
}

// credentials are the ways to authenticate, in words.
func credentials(security []openapi.Named[[]string]) (ways []string) {
	for _, way := range security {
		var needed []string
		for _, scheme := range way {
			switch scheme.Name {
			case "bearer":
				needed = append(needed, "a bearer token with the scope "+strings.Join(scheme.Value, " and "))
			case "session":
				needed = append(needed, "a session's cookie")
			case "csrf":
				needed = append(needed, "the header X-CSRFToken")
			case "basic":
				needed = append(needed, "a user's name and password by Basic")
			case "clientBasic":
				needed = append(needed, "a client's id and secret by Basic")
			}
		}
		if len(needed) == 0 {
			needed = []string{"none"}
		}
		ways = append(ways, strings.Join(needed, " and "))
	}
	return ways
}

// bodies are the contents of a body, those of the same members together. prefix begins the ids of their examples.
func (d describer) bodies(contents openapi.Named[openapi.Content], prefix string) (bodies []templates.DescribedBody) {
	var schemas []*openapi.Schema
	for n, each := range contents {
		same := slices.IndexFunc(schemas, func(s *openapi.Schema) bool {
			return s != nil && each.Value.Schema != nil && s.Ref != "" && s.Ref == each.Value.Schema.Ref
		})
		if same >= 0 {
			bodies[same].MediaTypes = append(bodies[same].MediaTypes, each.Name)
			continue
		}
		body := d.body(each.Value.Schema)
		body.MediaTypes = []string{each.Name}
		for m, example := range examples(each.Value) {
			example.ID = fmt.Sprintf("%s-%d-%d", prefix, n+1, m+1)
			body.Examples = append(body.Examples, example)
		}
		schemas, bodies = append(schemas, each.Value.Schema), append(bodies, body)
	}
	return bodies
}

func examples(content openapi.Content) (found []templates.DescribedExample) {
	if content.Example != nil {
		found = append(found, templates.DescribedExample{Name: "Example", Body: indented(content.Example)})
	}
	for _, each := range content.Examples {
		found = append(found, templates.DescribedExample{Name: cmp.Or(each.Value.Summary, "Example"), Body: indented(each.Value.Value)})
	}
	return found
}

// indented is JSON for people.
func indented(value json.RawMessage) string {
	var out bytes.Buffer
	if json.Indent(&out, value, "", "  ") != nil {
		return string(value)
	}
	return out.String()
}

// sample is a request of the operation, with the first example of each thing that has to be there.
func (d describer) sample(o *openapi.Operation, issuer string) templates.SampleRequest {
	request := templates.SampleRequest{Method: o.Method, Address: issuer + o.Path, Credential: credential(*o.Security)}
	for _, each := range o.Parameters {
		if each.In != "path" {
			continue
		}
		value := "1"
		if len(each.Examples) > 0 {
			_ = json.Unmarshal(each.Examples[0].Value.Value, &value) // what is no text stays 1
		}
		request.Address = strings.ReplaceAll(request.Address, "{"+each.Name+"}", value)
	}
	if o.Body == nil || len(o.Body.Content) == 0 {
		return request
	}
	content := o.Body.Content[0]
	value := content.Value.Example
	if len(content.Value.Examples) > 0 {
		value = content.Value.Examples[0].Value.Value
	}
	if value == nil {
		value = d.made(content.Value.Schema)
	}
	if request.MediaType = content.Name; strings.HasSuffix(content.Name, "json") {
		request.Body = indented(value)
		return request
	}
	var members openapi.Named[any]
	_ = json.Unmarshal(value, &members) // a form is an object
	for _, each := range members {
		if each.Name == "client_id" {
			request.Credential = "" // a public client, which has none
		}
		request.Form = append(request.Form, templates.FormValue{Name: each.Name, Value: fmt.Sprint(each.Value)})
	}
	return request
}

// credential is the first way to authenticate.
func credential(security []openapi.Named[[]string]) string {
	if len(security) == 0 || len(security[0]) == 0 {
		return ""
	}
	return map[string]string{"bearer": "bearer", "clientBasic": "client", "session": "session"}[security[0][0].Name]
}
