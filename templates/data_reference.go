package templates

// ReferencePage is filled into "reference": what programs can ask of the server.
type ReferencePage struct {
	Page
	Description string // the address of the OpenAPI description
}
