package templates

import (
	"strconv"
	"time"
)

// Page is what every page is filled with; the struct of each page embeds it. The zero Page renders: nobody is signed in.
type Page struct {
	Now       time.Time // when the request came; times are shown relative to it
	Issuer    string    // this server's address without a slash at the end, for examples
	RequestID string
	CSRFToken string // goes into every form as csrf_token
	Theme     string // the cookie "theme": "light", "dark", or anything else for what the system says
	Viewer    Viewer
	Nav       Nav
	Flashes   []Flash
}

// Viewer is the signed-in person; the zero Viewer is nobody.
type Viewer struct {
	ID                int64
	Username          string
	IsSuperuser       bool
	IsPlatformAuditor bool
	Passwordless      bool // signs in elsewhere and has no password here
}

// SignedIn reports whether there is somebody.
func (v Viewer) SignedIn() bool { return v.Username != "" }

// Type says what kind of user the viewer is.
func (v Viewer) Type() string { return userType(v.IsSuperuser, v.IsPlatformAuditor) }

// Nav says which entries of the navigation the viewer sees beside Overview, Tokens, Authorized, Sessions, Activity and API, and which is the current
// one: "overview", "tokens", "authorized", "sessions", "applications", "users", "organizations", "activity", "maintenance", "policy" or "reference".
type Nav struct {
	Active        string
	Applications  bool
	Users         bool
	Organizations bool
	Maintenance   bool
	Policy        bool
}

// People reports whether the navigation has the group of that name.
func (n Nav) People() bool { return n.Users || n.Organizations }

// Flash is a message about what the last request did. Kind is "good", "warning" or "error".
type Flash struct {
	Kind string
	Text string
}

// Link names an object that has a page. The zero Link is none.
type Link struct {
	ID   int64
	Name string
}

// Makers are who made a thing and who changed it last; none where nobody did, or nobody that the viewer may see.
type Makers struct {
	CreatedBy  Link
	ModifiedBy Link
}

// Errors are the messages about the input of one form, in the order in which they were found.
type Errors []FieldError

// FieldError is one message about one field, by the name under which the form sends it; Field is "" for the form as a whole.
type FieldError struct {
	Field   string
	Message string
}

// On is the first message about the field, or "".
func (e Errors) On(field string) string {
	for _, each := range e {
		if each.Field == field {
			return each.Message
		}
	}
	return ""
}

func userType(superuser, auditor bool) string {
	switch {
	case superuser:
		return "System administrator"
	case auditor:
		return "Platform auditor"
	default:
		return "Normal user"
	}
}

// number writes 1284 as 1,284.
func number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	first := 0
	if n < 0 {
		first = 1
	}
	for at := len(digits) - 3; at > first; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	return digits
}

// plural writes a number with its noun: 1 token, 1,284 tokens.
func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(n) + " " + noun + "s"
}
