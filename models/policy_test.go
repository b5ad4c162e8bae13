package models

import (
	"slices"
	"strings"
	"testing"
)

// The faces of the table: G gateway API, C controller API, P console pages, M management command. O and A are the OAuth roots of the
// gateway and the controller, where tokens are refreshed and nothing else is asked for by thing.
var faces = map[string]Face{"G": FaceGateway, "C": FaceController, "P": FaceConsole, "M": FaceCommand, "O": FaceGatewayOAuth, "A": FaceControllerOAuth}

const (
	anyFace  = "G C P M"
	everyone = "alice bob om oa pa oaud aud audoa su cli"
)

// The policy. A row names who may; everybody else is refused, and so is everybody where there is no row. A refusal is 403 Forbidden,
// or Hidden where a thing of the gateway is asked for at the controller API (contract §0, rule 3), unless the row says otherwise.
// Sessions and tokens with "write" are alike; a token with "read" reads what its user may read (contract §4).
var policyTable = []struct {
	thing, cites, actions, faces, may string
	refusal                           Outcome
}{
	// Tokens that are there (contract §0 rules 2 and 3, §2.2, §2.3).
	{"personal token of alice, gateway", "case 2", "read", "G P M", "alice aud audoa su cli", ""},
	{"personal token of alice, gateway", "case 12", "update delete", "G P M", "alice su cli", ""},
	{"personal token of alice, gateway", "case 3", "create", "G P M", "alice cli", ""},
	{"personal token of alice, gateway", "there is nothing to refresh it with", "refresh", "G P M O A", "alice su cli", ""},
	{"personal token of alice, controller", "case 69", "read", anyFace, "alice aud audoa su cli", ""},
	{"personal token of alice, controller", "case 69", "update delete", anyFace, "alice su cli", ""},
	{"personal token of alice, controller", "case 26", "create", "C", "alice cli", ""},
	{"personal token of alice, controller", "§0 rule 2", "create", "G P M", "cli", ""},
	{"personal token of alice, controller", "§0 rule 2", "refresh", "C A", "alice su cli", ""},
	{"personal token of om, gateway", "case 12", "read", "G P M", "om aud audoa su cli", ""},
	{"personal token of om, gateway", "case 12", "update delete", "G P M", "om su cli", ""},
	{"personal token of om, gateway", "case 3", "create", "G P M", "om cli", ""},
	{"personal token of om, gateway", "there is nothing to refresh it with", "refresh", "G P M O A", "om su cli", ""},
	{"application token of O as alice, gateway", "case 9", "read", "G P M", "alice oa aud audoa su cli", ""},
	{"application token of O as alice, gateway", "cases 10, 11, 13", "update delete", "G P M", "alice oa audoa su cli", ""},
	{"application token of O as alice, gateway", "in another's name", "create", "G P M", "cli", ""},
	{"application token of O as alice, gateway", "both roots refresh it", "refresh", "G P M O A", "alice su cli", ""},
	{"application token of O as alice, controller", "case 9", "read", "G P M", "alice oa aud audoa su cli", ""},
	{"application token of O as alice, controller", "case 9, and organization auditors", "read", "C", "alice oa oaud aud audoa su cli", ""},
	{"application token of O as alice, controller", "cases 10, 11, 13", "update delete", anyFace, "alice oa audoa su cli", ""},
	{"application token of O as alice, controller", "case 71", "create", "G P M", "cli", invalidInput},
	{"application token of O as alice, controller", "in another's name", "create", "C", "cli", ""},
	{"application token of O as alice, controller", "cases 70, 71", "refresh", "C A", "alice su cli", ""},
	{"application token of O as nobody, gateway", "client credentials", "read", "G P M", "oa aud audoa su cli", ""},
	{"application token of O as nobody, gateway", "client credentials", "update delete", "G P M", "oa audoa su cli", ""},
	{"application token of O as nobody, gateway", "client credentials", "create", "G P M", "cli", ""},
	{"application token of O as nobody, gateway", "client credentials", "refresh", "G P M O A", "su cli", ""},
	{"application token of no organization as alice", "case 35", "read", anyFace, "alice aud audoa su cli", ""},
	{"application token of no organization as alice", "case 35", "update delete", anyFace, "alice su cli", ""},
	{"application token of no organization as alice", "case 71", "create", "G P M", "cli", invalidInput},
	{"application token of no organization as alice", "case 35", "create", "C", "cli", ""},
	{"application token of no organization as alice", "case 70", "refresh", "C A", "alice su cli", ""},
	{"application token whose application was not loaded", "fails closed", "read", "G P M", "alice aud audoa su cli", ""},
	{"application token whose application was not loaded", "fails closed", "update delete", "G P M", "alice su cli", ""},
	{"application token whose application was not loaded", "fails closed", "create", "G P M", "cli", ""},
	{"application token whose application was not loaded", "fails closed", "refresh", "G P M O A", "alice su cli", ""},

	// Tokens that the caller asks for, always for themselves (contract §1.1, §2.2, §2.3).
	{"new personal token, gateway", "case 1", "create", "G P M", everyone, ""},
	{"new personal token, controller", "case 23", "create", "C", everyone, ""},
	{"new personal token, controller", "§0 rule 2", "create", "G P M", "cli", ""},
	{"new token of O's application, gateway", "cases 6, 7", "create", "G P M", "om oa aud audoa su cli", ""},
	{"new token of O's application, controller", "case 8", "create", "C", "om oa aud audoa su cli", ""},
	{"new token of O's application, controller", "case 71", "create", "G P M", "cli", invalidInput},
	{"new token of an application of O owned by alice", "case 79", "create", "G P M", "su cli", ""},
	{"new token of an application of O owned by oa", "case 79", "create", "G P M", "oa su cli", ""},
	{"new token of an application of no organization", "§2.3", "create", "C", "aud audoa su cli", ""},
	{"new token of an application of no organization", "case 71", "create", "G P M", "cli", invalidInput},

	// Applications (contract §2.2, §2.3).
	{"application of O, gateway", "case 34", "read", "G P M", "om oa aud audoa su cli", ""},
	{"application of O, gateway", "case 34", "create update delete", "G P M", "oa audoa su cli", ""},
	{"application of O, controller", "case 34", "read", anyFace, "om oa aud audoa su cli", ""},
	{"application of O, controller", "case 34", "update delete", anyFace, "oa audoa su cli", ""},
	{"application of O, controller", "§0 rule 5", "create", "C M", "oa audoa su cli", ""},
	{"application of no organization, controller", "case 35", "read", anyFace, "aud audoa su cli", ""},
	{"application of no organization, controller", "case 35", "update delete", anyFace, "su cli", ""},
	{"application of no organization, controller", "case 30", "create", "C M", "su cli", ""},

	// Users (contract §2.2, §2.3).
	{everyUser, "§2.2", "create", "G P M", "oa pa audoa su cli", ""},
	{everyUser, "§2.3", "create", "C", "su cli", ""},
	{"user alice, of no organization", "ORG_ADMINS_CAN_SEE_ALL_USERS", "read", anyFace, "alice oa pa aud audoa su cli", ""},
	{"user alice, of no organization", "§2.2", "update", anyFace, "alice su cli", ""},
	{"user alice, of no organization", "not oneself", "delete", anyFace, "su cli", ""},
	{"user om, of O; user oa, administrator of O; user of O and P; user of O who is platform auditor", "people of one's organizations",
		"read", anyFace, "om oa pa oaud aud audoa su cli", ""},
	{"user om, of O", "§2.2", "update", anyFace, "om oa audoa su cli", ""},
	{"user om, of O", "not oneself", "delete", anyFace, "oa audoa su cli", ""},
	{"user oa, administrator of O", "§2.2", "update", anyFace, "oa audoa su cli", ""},
	{"user oa, administrator of O", "not oneself", "delete", anyFace, "audoa su cli", ""},
	{"user of O and P; user of O who is platform auditor; user of O who is superuser", "out of an administrator's reach",
		"update delete", anyFace, "su cli", ""},
	{"user of O who is superuser; user su, superuser", "superusers are seen", "read", anyFace, everyone, ""},
	{"user su, superuser", "§2.2", "update", anyFace, "su cli", ""},
	{"user su, superuser", "not oneself", "delete", anyFace, "cli", ""},

	// Organizations and who belongs to them (contract §1.4, §2.2).
	{"organization O", "§2.2", "read", anyFace, "om oa oaud aud audoa su cli", ""},
	{"organization O", "§2.2", "update", anyFace, "oa audoa su cli", ""},
	{"organization O", "§2.2", "create delete", anyFace, "su cli", ""},
	{"membership in O of a user of P; membership in O of a superuser of P", "MANAGE_ORGANIZATION_AUTH", "create delete", anyFace, "oa audoa su cli", ""},
	{"membership in O of a user of no organization", "nobody is taken over", "create", anyFace, "su cli", ""},
	{"membership in O of a user of no organization", "§1.4", "delete", anyFace, "oa audoa su cli", ""},
	{"membership in O of a user of no organization, by oa", "their maker may", "create", anyFace, "oa su cli", ""},
	{"membership in O of a user of no organization, by oa", "§1.4", "delete", anyFace, "oa audoa su cli", ""},
}

const everyUser = "user alice, of no organization; user om, of O; user oa, administrator of O; user of O and P; " +
	"user of O who is platform auditor; user of O who is superuser; user su, superuser"

// question is one cell of the table.
type question struct {
	thing  string
	action Action
	face   Face
}

// answer is what the table says about it.
type answer struct {
	cites   string
	may     []string
	refusal Outcome
}

func (a answer) to(c caller, action Action) Outcome {
	switch {
	case c.always != "":
		return c.always
	case c.writes != "" && action != ActionRead:
		return c.writes
	case slices.Contains(a.may, c.name):
		return permitted
	}
	return a.refusal
}

func policyAnswers(t *testing.T) map[question]answer {
	t.Helper()
	answers := map[question]answer{}
	for _, row := range policyTable {
		for _, thing := range strings.Split(row.thing, "; ") {
			for _, action := range strings.Fields(row.actions) {
				for _, face := range strings.Fields(row.faces) {
					q := question{thing, Action(action), faces[face]}
					if _, twice := answers[q]; twice || q.face == "" || len(subjects(thing, 0)) == 0 {
						t.Fatalf("row for %+v: it is there twice, or there is no such thing or face", q)
					}
					for _, name := range strings.Fields(row.may) {
						if _, known := people[name]; !known {
							t.Fatalf("row for %+v: %s is nobody", q, name)
						}
					}
					answers[q] = answer{row.cites, strings.Fields(row.may), row.refusal}
				}
			}
		}
	}
	return answers
}

// subjects is the thing of that name, in a list that is empty when there is none.
func subjects(name string, requester int64) []any {
	if make, ok := creations[name]; ok {
		return []any{make(requester)}
	}
	if thing, ok := things[name]; ok {
		return []any{thing}
	}
	return nil
}

// questions lists all cells there are: every thing, action and face, an action that nobody knows among them. What is only about to be
// made can be asked about in one way, and at the OAuth roots nothing is looked at or changed by its id.
func questions() []question {
	var all []question
	names := make([]string, 0, len(things)+len(creations))
	for name := range things {
		names = append(names, name)
	}
	for name := range creations {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		_, isToken := subjects(name, 0)[0].(*AccessToken)
		for _, action := range []Action{ActionRead, ActionCreate, ActionUpdate, ActionDelete, ActionRefresh, "unheard of"} {
			if _, isNew := creations[name]; isNew && action != ActionCreate {
				continue
			}
			for _, face := range faces {
				if root := face == FaceGatewayOAuth || face == FaceControllerOAuth; !root || isToken && action == ActionRefresh {
					all = append(all, question{name, action, face})
				}
			}
		}
	}
	return all
}

func defaultRefusal(thing any, face Face) Outcome {
	platform := Controller
	switch thing := thing.(type) {
	case *AccessToken:
		platform = thing.Platform
	case *Application:
		platform = thing.Platform
	}
	if face == FaceController && platform == Gateway {
		return Hidden
	}
	return Forbidden
}

// TestPolicy asks every question for everybody.
func TestPolicy(t *testing.T) {
	t.Parallel()
	policy, answers := DefaultPolicy(), policyAnswers(t)
	for _, q := range questions() {
		answer := answers[q]
		for _, c := range callers() {
			thing := subjects(q.thing, c.actor.ID())[0]
			if answer.refusal == "" {
				answer.refusal = defaultRefusal(thing, q.face)
			}
			got, want := outcome(t, ask(policy, c.actor, q.action, q.thing, thing, q.face)), answer.to(c, q.action)
			if got != want {
				t.Errorf("%s (%s): %s through %s by %s: got %q, want %q", q.thing, answer.cites, q.action, q.face, c.title, got, want)
			}
			if direct := askDirectly(policy, c.actor, q.action, q.thing, thing, q.face); c.actor.User == nil && !c.actor.System && direct == nil {
				t.Errorf("%s: %s through %s by %s: only the door refuses", q.thing, q.action, q.face, c.title)
			}
		}
		delete(answers, q)
	}
	for q := range answers {
		t.Errorf("row for %+v was never asked", q)
	}
}
