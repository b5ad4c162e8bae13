package models

// Organization groups users and owns applications. Both platforms share it.
type Organization struct {
	ID          int64
	Name        string
	Description string
	Managed     bool
	Stamps
}

// Validate checks the organization's own fields (contract §1.4). It returns nil or Invalid.
func (o *Organization) Validate() error {
	var invalid Invalid
	invalid.required("name", o.Name, 512)
	invalid.text("description", o.Description, MostDescription)
	return invalid.Err()
}
