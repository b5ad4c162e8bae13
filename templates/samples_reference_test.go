package templates

func sampleOperation() OperationPage {
	member := DescribedField{Within: "results[].", Name: "scope", Type: "string", Limits: []string{"one of `read`, `write`", "`write` unless said"}, Text: "What it <permits>.", Required: true}
	body := DescribedBody{MediaTypes: []string{"application/json", "application/x-www-form-urlencoded"}, Text: "A token.", Fields: []DescribedField{member},
		Examples: []DescribedExample{{ID: "body-1-1", Name: "A personal token", Body: "{\n  \"scope\": \"read\"\n}"}}}
	answer := body
	answer.Examples = []DescribedExample{{ID: "answer-201-1-1", Name: "Example", Body: "{}"}}
	return OperationPage{Page: samplePage("reference"), Operation: OperationLink{ID: "createToken", Method: "POST", Path: "/api/tokens/", Summary: "Make a token"}, Group: "Tokens", GroupID: "group-tokens",
		Text: "Only `once`.\n\nThen **never** again.", Credentials: []string{"a bearer token with the scope write", "a session's cookie and the header X-CSRFToken"},
		Parameters: []DescribedField{{Place: "query", Name: "validate", Type: "string", Text: "Check only."}}, Bodies: []DescribedBody{body}, MustSend: true,
		Answers: []DescribedAnswer{{Status: "201", Text: "The token.", Headers: []DescribedField{{Name: "Location", Type: "path or address", Required: true}}, Bodies: []DescribedBody{answer}, Open: true},
			{Status: "500", Text: "A fault.", Bodies: []DescribedBody{{MediaTypes: []string{"text/plain"}, Type: "string"}}}},
		Request: SampleRequest{Method: "POST", Address: "https://gate.example.com/api/tokens/", Credential: "bearer", MediaType: "application/json", Body: `{"description": "it's"}`}}
}
