package templates

import "strings"

// ReferencePage is filled into "reference": what programs can ask of the server. Texts are those of the OpenAPI description; "prose" writes them.
type ReferencePage struct {
	Page
	Description string // the address of the OpenAPI description
	Text        string
	List        List // what was searched for, and how many operations there are
	Groups      []OperationGroup
}

// OperationGroup is a part of the API, with at least one operation.
type OperationGroup struct {
	ID         string // of its heading
	Name       string
	Text       string
	Operations []OperationLink
}

// OperationLink names an operation and its page.
type OperationLink struct {
	ID      string
	Method  string
	Path    string
	Summary string
}

// OperationPage is filled into "operation": what one of them takes and answers.
type OperationPage struct {
	Page
	Operation   OperationLink
	Group       string
	GroupID     string
	Text        string
	Credentials []string // each is enough, in words
	Parameters  []DescribedField
	Bodies      []DescribedBody
	MustSend    bool // a body
	Answers     []DescribedAnswer
	Request     SampleRequest
}

// DescribedField is a parameter, a header or a member of a body.
type DescribedField struct {
	Place    string // where a parameter stands: "path", "query" or "header"
	Within   string // the members that hold this one, each with its dot
	Name     string
	Type     string
	Limits   []string // what it has to be beside that, each a few words
	Text     string
	Required bool
}

// DescribedBody is what is sent or answered in each of the media types.
type DescribedBody struct {
	Answered   bool
	MediaTypes []string
	Type       string // of the whole, where it has no members
	Text       string
	Fields     []DescribedField
	Examples   []DescribedExample
}

// DescribedExample is a body. Its ID is one of the page.
type DescribedExample struct {
	ID   string
	Name string
	Body string
}

// DescribedAnswer is what comes with one status. Open: its details are shown at once.
type DescribedAnswer struct {
	Status  string
	Text    string
	Headers []DescribedField
	Bodies  []DescribedBody
	Open    bool
}

// FieldTable is a table of parameters, headers or members.
type FieldTable struct {
	Caption string
	Must    string // said of those that have to be there
	Rows    []DescribedField
}

const (
	required = "required"
	always   = "always there"
)

// ParameterTable is what the request takes beside a body.
func (p OperationPage) ParameterTable() FieldTable {
	return FieldTable{"Parameters", required, p.Parameters}
}

// HeaderTable is what the answer brings beside a body.
func (a DescribedAnswer) HeaderTable() FieldTable { return FieldTable{"Headers", always, a.Headers} }

// Table is the members of the body.
func (b DescribedBody) Table() FieldTable {
	if b.Answered {
		return FieldTable{"Members", always, b.Fields}
	}
	return FieldTable{"Members", required, b.Fields}
}

// SampleRequest is a request that the operation takes.
type SampleRequest struct {
	Method     string
	Address    string
	Credential string // "bearer", "client", "session", or "" for none
	MediaType  string // "" where no body is sent
	Body       string // JSON, whatever the media type
	Form       []FormValue
}

// FormValue is a member of a form.
type FormValue struct{ Name, Value string }

// Curl is the request as a command of a POSIX shell, in which secrets are variables.
func (r SampleRequest) Curl() string {
	parts := []string{"curl"}
	if r.Method != "GET" {
		parts[0] += " -X " + r.Method
	}
	switch r.Credential {
	case "bearer":
		parts = append(parts, `-H "Authorization: Bearer $TOKEN"`)
	case "client":
		parts = append(parts, `-u "$CLIENT_ID:$CLIENT_SECRET"`)
	case "session":
		parts = append(parts, `-b "gatehouse_session=$SESSION"`)
	}
	if r.Body != "" {
		parts = append(parts, "-H "+inShell("Content-Type: "+r.MediaType), "-d "+inShell(r.Body))
	}
	for _, each := range r.Form {
		parts = append(parts, "--data-urlencode "+inShell(each.Name+"="+each.Value))
	}
	return strings.Join(append(parts, inShell(r.Address)), " \\\n  ")
}
