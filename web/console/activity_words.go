package console

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"gatehouse/models"
	"gatehouse/templates"
)

var kindNames = map[models.ObjectType]string{models.ObjectAccessToken: "access token", models.ObjectRefreshToken: "refresh token",
	models.ObjectApplication: "application", models.ObjectUser: "user", models.ObjectOrganization: "organization", models.ObjectSession: "session",
	models.ObjectSetting: "setting"}

var verbs = map[models.Operation]string{models.OperationCreate: "Created", models.OperationUpdate: "Changed", models.OperationDelete: "Deleted",
	models.OperationAssociate: "Added", models.OperationDisassociate: "Removed", models.OperationSignIn: "Signed in", models.OperationSignOut: "Signed out"}

func word(text string) templates.Part { return templates.Part{Text: text} }

// eventOf says what was done, and what of the entry's note that does not say.
func eventOf(e *models.Activity, known known) (event []templates.Part, note string) {
	object := known.part(e.ObjectType, e.ObjectID, e.ObjectName)
	related := known.part(e.RelatedType, e.RelatedID, e.RelatedName)
	switch {
	case e.ObjectType == models.ObjectSetting:
		return []templates.Part{word("Changed the token policy")}, e.Note
	case e.ObjectID == 0:
		return []templates.Part{word(runWords(e))}, e.Note
	case e.Note == "consent" && e.Operation == models.OperationDisassociate:
		return []templates.Part{word("Withdrew the consent to application"), object}, ""
	case e.Operation.SignInOrOut():
		return signWords(e, object)
	case e.RelatedType == models.ObjectUser && e.Operation == models.OperationAssociate:
		event = []templates.Part{word("Added user"), related, word("to " + kindNames[e.ObjectType]), object}
		return withRole(event, e)
	case e.RelatedType == models.ObjectUser && e.Operation == models.OperationDisassociate:
		event = []templates.Part{word("Removed user"), related, word("from " + kindNames[e.ObjectType]), object}
		return withRole(event, e)
	case e.Note == "password changed" && len(e.Changes.Changed) == 1:
		return []templates.Part{word("Changed the password of user"), object}, ""
	case e.Note == "secret rotated":
		return []templates.Part{word("Rotated the secret of application"), object}, ""
	case e.Note == "regenerated":
		return []templates.Part{word("Regenerated personal token"), object}, ""
	}
	return tokenWords(e, object, known), e.Note
}

// runWords names what was done to many things at once.
func runWords(e *models.Activity) string {
	switch {
	case strings.HasPrefix(e.Note, "cleared "):
		return "Cleared what had expired"
	case strings.HasPrefix(e.Note, "revoked "):
		return "Revoked tokens"
	case strings.HasPrefix(e.Note, "ended "):
		return "Ended sessions"
	case strings.HasPrefix(e.Note, "imported "):
		return "Imported users, applications and tokens"
	case e.ObjectType == models.ObjectSession:
		return verbs[e.Operation] + " sessions"
	default:
		return verbs[e.Operation] + " many " + kindNames[e.ObjectType] + "s"
	}
}

// signWords: somebody else, or a command, may have signed a user out.
func signWords(e *models.Activity, object templates.Part) ([]templates.Part, string) {
	if e.ActorID != nil && *e.ActorID == e.ObjectID {
		return []templates.Part{word(verbs[e.Operation])}, e.Note
	}
	return []templates.Part{word(verbs[e.Operation] + " user"), object}, e.Note
}

var roleNames = map[models.Role]string{models.RoleMember: "as member", models.RoleAdmin: "as administrator", models.RoleAuditor: "as auditor"}

// withRole: the note of a membership is the role.
func withRole(event []templates.Part, e *models.Activity) ([]templates.Part, string) {
	if role := roleNames[models.Role(e.Note)]; role != "" {
		return append(event, word(role)), ""
	}
	return event, e.Note
}

// tokenWords says what was done to one thing; of a token, whether it is a personal one or which application's.
func tokenWords(e *models.Activity, object templates.Part, known known) []templates.Part {
	kind, verb := kindNames[e.ObjectType], verbs[e.Operation]
	application, told := applicationIn(e)
	switch {
	case e.ObjectType == models.ObjectAccessToken && told && application == 0:
		kind = "personal token"
	case e.ObjectType == models.ObjectRefreshToken && e.Operation == models.OperationUpdate && e.Changes.Changed["revoked"][1] != nil:
		verb = "Revoked"
	}
	event := []templates.Part{word(verb + " " + kind), object}
	if application != 0 {
		event = append(event, word("of application"), known.part(models.ObjectApplication, application, ""))
	}
	return event
}

// applicationIn is the application of a token that was made or deleted, 0 for a personal one, and whether the entry tells.
func applicationIn(e *models.Activity) (id int64, told bool) {
	if e.ObjectType != models.ObjectAccessToken && e.ObjectType != models.ObjectRefreshToken {
		return 0, false
	}
	for _, fields := range []models.Fields{e.Changes.Added, e.Changes.Removed} {
		if text, has := fields["application"]; has {
			id, _ = models.FieldValue("application", text).(int64)
			return id, true
		}
	}
	return 0, false
}

// changedFields are the fields that an entry tells of, in alphabetical order of their labels, secrets without a value.
func changedFields(e *models.Activity, known known) []templates.ChangedField {
	var fields []templates.ChangedField
	add := func(name string, old, new *string) {
		fields = append(fields, templates.ChangedField{Label: labelOf(name), Old: valueOf(name, old, known), New: valueOf(name, new, known)})
	}
	for name, value := range e.Changes.Added {
		add(name, nil, value)
	}
	for name, value := range e.Changes.Removed {
		add(name, value, nil)
	}
	for name, values := range e.Changes.Changed {
		add(name, values[0], values[1])
	}
	for _, name := range e.Secrets() {
		add(name, nil, nil)
	}
	slices.SortFunc(fields, func(a, b templates.ChangedField) int { return strings.Compare(a.Label, b.Label) })
	return fields
}

// fieldLabels are the fields whose label is not their name.
var fieldLabels = map[string]string{"client_id": "Client ID", "redirect_uris": "Redirect URIs", "resource_uris": "Resource URIs",
	"post_logout_redirect_uris": "Post logout redirect URIs", "is_superuser": "System administrator", "is_platform_auditor": "Platform auditor",
	"is_active": "Active", "require_pkce": "Require PKCE"}

func labelOf(name string) string {
	return or(fieldLabels[name], capital(strings.ReplaceAll(name, "_", " ")))
}

func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// fieldKinds are the fields that point at something.
var fieldKinds = map[string]models.ObjectType{"user": models.ObjectUser, "application": models.ObjectApplication,
	"organization": models.ObjectOrganization, "access_token": models.ObjectAccessToken}

func valueOf(name string, stored *string, known known) templates.FieldValue {
	if models.SecretField(name) {
		return templates.FieldValue{Secret: true}
	}
	if lifetimeFields[name] {
		return lifetimeOf(name, stored)
	}
	text := ""
	switch value := models.FieldValue(name, stored).(type) {
	case nil:
		return templates.FieldValue{None: true}
	case int64:
		return templates.FieldValue{Part: known.part(fieldKinds[name], value, strconv.FormatInt(value, 10))}
	case bool:
		text = map[bool]string{true: "Yes", false: "No"}[value]
	case time.Time:
		text = value.Format("2 Jan 2006, 15:04:05 UTC")
	default:
		text = *stored
	}
	return templates.FieldValue{Part: word(text)}
}

// lifetimeFields are those of the token policy, in seconds.
var lifetimeFields = map[string]bool{"default_lifetime": true, "longest_lifetime": true, "idle_lifetime": true}

// lifetimeOf: what is not set is the environment's to say, but for the idle lifetime.
func lifetimeOf(name string, stored *string) templates.FieldValue {
	seconds, set := models.FieldValue(name, stored).(int64)
	switch {
	case set:
		return templates.FieldValue{Part: word(models.LifetimeWords(seconds))}
	case name == "idle_lifetime":
		return templates.FieldValue{None: true}
	default:
		return templates.FieldValue{Part: word("as the environment says")}
	}
}

// pointedAt are the things that an entry's fields point at, each as if an entry named it.
func pointedAt(e *models.Activity) []models.Activity {
	var things []models.Activity
	add := func(name string, stored *string) {
		if id, ok := models.FieldValue(name, stored).(int64); ok {
			things = append(things, models.Activity{ObjectType: fieldKinds[name], ObjectID: id})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(fieldKinds)) {
		add(name, e.Changes.Added[name])
		add(name, e.Changes.Removed[name])
		add(name, e.Changes.Changed[name][0])
		add(name, e.Changes.Changed[name][1])
	}
	return things
}
