package templates

// LoginPage is filled into "login". The form posts username, password and next to /login.
type LoginPage struct {
	Page
	Username string
	Next     string // where to go afterwards: a path of this server
	Message  string // why signing in failed: the same words for every reason
	Client   string // the application that waits for the sign-in, "" for none
	Errors   Errors // empty fields
}

// SetupPage is filled into "setup". The form posts code, username, email, password and password_confirm to /setup.
type SetupPage struct {
	Page
	Code     string // as typed
	Username string
	Email    string
	Errors   Errors
}

// ConsentPage is filled into "consent". The form posts Hidden and decision ("authorize" or "deny") to Action.
type ConsentPage struct {
	Page
	Application  string
	Description  string
	Organization string // "" in rows of old systems
	Scopes       []string
	Resources    []string // that it is for, beside our own APIs; none: these
	RedirectHost string   // the host that the browser is sent to, or the scheme of an app on this device
	Insecure     bool     // the redirect goes over plain http to another machine
	Action       string
	Hidden       []Hidden
}

// FormPostPage is filled into "form_post", which takes the response of the authorization endpoint to the client: the browser posts Hidden to
// Action, at once where scripts run.
type FormPostPage struct {
	Page
	Application  string
	RedirectHost string
	Action       string // the client's redirect URI
	Hidden       []Hidden
}

// DevicePage is filled into "device". The form posts user_code to /device, which leads to "device_confirm" and grants nothing.
type DevicePage struct {
	Page
	UserCode string // as typed, or as the link brought it
	Errors   Errors
}

// DeviceConfirmPage is filled into "device_confirm". The form posts UserCode as user_code and decision ("authorize" or "deny") to
// /device/decide.
type DeviceConfirmPage struct {
	Page
	Application  string
	Description  string
	Organization string // "" in rows of old systems
	Scopes       []string
	Resources    []string // that it is for, beside our own APIs; none: these
	UserCode     string   // as the device shows it
}

// DeviceDonePage is filled into "device_done".
type DeviceDonePage struct {
	Page
}

// Hidden is a value that a form carries along.
type Hidden struct {
	Name  string
	Value string
}

// ErrorPage is filled into "error": what happened and what to do. The request id is shown where there is one.
type ErrorPage struct {
	Page
	Status    int
	Heading   string // "Not found"
	Message   string
	Advice    string
	BackPath  string // "" for no link
	BackLabel string
}
