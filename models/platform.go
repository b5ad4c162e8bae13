package models

// Platform is the side that a token or application belongs to. It is fixed at creation.
type Platform string

// The two platforms, in the words that the APIs and introspection use.
const (
	Gateway    Platform = "gateway"
	Controller Platform = "controller"
)

// Label is the platform's name as people read it.
func (p Platform) Label() string {
	if p == Controller {
		return "Automation controller"
	}
	return "Platform gateway"
}

// Valid reports whether p is one of the two platforms.
func (p Platform) Valid() bool { return p == Gateway || p == Controller }

// Face is the door through which a request came. Rules that differ between the doors are asked by face, never by address.
type Face string

// The faces. FaceGatewayOAuth and FaceControllerOAuth are the roots of the OAuth endpoints (/o/ and /api/o/); FaceForward is what a reverse
// proxy asks for a program behind it.
const (
	FaceGateway         Face = "gateway"
	FaceController      Face = "controller"
	FaceConsole         Face = "console"
	FaceCommand         Face = "command"
	FaceGatewayOAuth    Face = "oauth"
	FaceControllerOAuth Face = "controller-oauth"
	FaceForward         Face = "forward"
)

// Platform is the platform of what is made through this face. A command may choose otherwise.
func (f Face) Platform() Platform {
	if f.OfController() {
		return Controller
	}
	return Gateway
}

// OfController reports whether the face belongs to the automation controller.
func (f Face) OfController() bool { return f == FaceController || f == FaceControllerOAuth }
