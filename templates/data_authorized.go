package templates

import "time"

// AuthorizedPage is filled into "authorized": the applications that the viewer consented to.
type AuthorizedPage struct {
	Page
	Rows []Authorized
}

// Authorized is what the viewer consented to for one application.
type Authorized struct {
	ID           int64 // of the application
	Name         string
	Organization string // "" in rows of old systems
	Platform     string
	Scope        string   // "read write"; "" where it has to ask again
	Hosts        []string // where the browser is sent, the scheme of an app on this device, or "a device"
	Since        time.Time
}
