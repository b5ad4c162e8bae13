package templates

import "time"

// AuthorizedPage is filled into "authorized": the applications that the viewer consented to.
type AuthorizedPage struct {
	Page
	Rows []Authorized
}

// List is the state of the list, which has neither filters nor pages.
func (p AuthorizedPage) List() List { return List{Path: "/authorized", Count: int64(len(p.Rows))} }

// Selection is the form of the boxes.
func (p AuthorizedPage) Selection() Selection {
	return p.selection(p.List(), SelectionButton{"/authorized/withdraw", "Withdraw selected consents", ""})
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
