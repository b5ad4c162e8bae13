package store

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"gatehouse/models"
)

// Rows that go to PostgreSQL together are an array for each column, in a statement whose text is the same however many they are: that of one with a place for each value takes
// it longer to read than the rows to write.

// arrays are columns with the types of PostgreSQL.
type arrays [][2]string

func (a arrays) columns() string { return a.from("", "", "") }

// from are the columns of rows under the name, of which one is something else.
func (a arrays) from(name, but, instead string) string {
	columns := make([]string, len(a))
	for n := range a {
		if columns[n] = name + a[n][0]; a[n][0] == but {
			columns[n] = instead
		}
	}
	return strings.Join(columns, ", ")
}

// unnested are rows under the name, from the parameters that begin with the number; place is where each stands.
func (a arrays) unnested(name string, first int) string {
	parameters := make([]string, len(a))
	for n := range a {
		parameters[n] = fmt.Sprintf("$%d::%s[]", first+n, a[n][1])
	}
	return "unnest(" + strings.Join(parameters, ", ") + ") WITH ORDINALITY AS " + name + "(" + a.columns() + ", place)"
}

// one is a single row under the name likewise, from a parameter for each column: PostgreSQL takes longer to unfold arrays of one.
func (a arrays) one(name string, first int) string {
	parameters := make([]string, len(a))
	for n := range a {
		parameters[n] = fmt.Sprintf("$%d::%s", first+n, a[n][1])
	}
	return "(VALUES (" + strings.Join(parameters, ", ") + ", 1::bigint)) AS " + name + "(" + a.columns() + ", place)"
}

// firstOf are the parameters of one, given those of arrays.
func firstOf(parameters []any) []any {
	firsts := make([]any, len(parameters))
	for n, each := range parameters {
		firsts[n] = reflect.ValueOf(each).Index(0).Interface()
	}
	return firsts
}

// entryArrays are the columns of activity.
var entryArrays = arrays{{"created", "timestamptz"}, {"actor_id", "bigint"}, {"actor_name", "text"}, {"origin", "text"}, {"address", "text"}, {"operation", "text"},
	{"object_type", "text"}, {"object_id", "bigint"}, {"object_name", "text"}, {"related_type", "text"}, {"related_id", "bigint"}, {"related_name", "text"}, {"note", "text"},
	{"changes", "text"}, {"form", "text"}, {"owner_id", "bigint"}, {"organization_id", "bigint"}, {"platform", "text"}}

// entryRows are entries as arrays.
type entryRows struct {
	created                                   []time.Time
	actorIDs, ownerIDs, organizationIDs       []*int64
	objectIDs, relatedIDs                     []int64
	actorNames, origins, addresses            []string
	operations, objectTypes, relatedTypes     []string
	objectNames, relatedNames, notes, changes []string
	platforms                                 []string
	forms                                     []*string
}

// rowsOfEntries are in the order of the entries.
func rowsOfEntries(entries []models.Activity) (*entryRows, error) {
	r := &entryRows{}
	for n := range entries {
		e := &entries[n]
		changes, err := e.Changes.Value()
		if err != nil {
			return nil, err
		}
		r.created = append(r.created, e.Created)
		r.actorIDs, r.ownerIDs, r.organizationIDs = append(r.actorIDs, e.ActorID), append(r.ownerIDs, e.OwnerID), append(r.organizationIDs, e.OrganizationID)
		r.objectIDs, r.relatedIDs = append(r.objectIDs, e.ObjectID), append(r.relatedIDs, e.RelatedID)
		r.actorNames, r.origins, r.addresses = append(r.actorNames, e.ActorName), append(r.origins, e.Origin), append(r.addresses, e.Address)
		r.operations, r.objectTypes = append(r.operations, string(e.Operation)), append(r.objectTypes, string(e.ObjectType))
		r.relatedTypes, r.objectNames = append(r.relatedTypes, string(e.RelatedType)), append(r.objectNames, e.ObjectName)
		r.relatedNames, r.notes, r.changes = append(r.relatedNames, e.RelatedName), append(r.notes, e.Note), append(r.changes, changes.(string))
		r.platforms, r.forms = append(r.platforms, string(e.Platform)), append(r.forms, e.Form)
	}
	return r, nil
}

func (r *entryRows) parameters() []any {
	return []any{r.created, r.actorIDs, r.actorNames, r.origins, r.addresses, r.operations, r.objectTypes, r.objectIDs, r.objectNames, r.relatedTypes, r.relatedIDs,
		r.relatedNames, r.notes, r.changes, r.forms, r.ownerIDs, r.organizationIDs, r.platforms}
}

// tokenArrays are the columns of access_tokens that a token has which nobody has used.
var tokenArrays = arrays{{"digest", "bytea"}, {"hint", "text"}, {"user_id", "bigint"}, {"application_id", "bigint"}, {"scope", "text"}, {"description", "text"},
	{"expires", "timestamptz"}, {"last_used_address", "text"}, {"platform", "text"}, {"family_id", "text"}, {"audience", "text"}, {"created", "timestamptz"},
	{"modified", "timestamptz"}, {"created_by", "bigint"}, {"modified_by", "bigint"}}

// tokenRows are tokens as arrays.
type tokenRows struct {
	digests                        [][]byte
	userIDs, applicationIDs        []*int64
	createdBy, modifiedBy          []*int64
	hints, scopes, descriptions    []string
	addresses, families, audiences []string
	platforms                      []string
	expires, created, modified     []time.Time
}

func rowsOfTokens(tokens []*models.AccessToken) *tokenRows {
	r := &tokenRows{}
	for _, t := range tokens {
		r.digests, r.hints = append(r.digests, t.Digest[:]), append(r.hints, t.Hint)
		r.userIDs, r.applicationIDs = append(r.userIDs, t.UserID), append(r.applicationIDs, t.ApplicationID)
		r.createdBy, r.modifiedBy = append(r.createdBy, t.CreatedBy), append(r.modifiedBy, t.ModifiedBy)
		r.scopes, r.descriptions, r.audiences = append(r.scopes, string(t.Scope)), append(r.descriptions, t.Description), append(r.audiences, t.Audience.String())
		r.addresses, r.platforms, r.families = append(r.addresses, t.LastUsedAddress), append(r.platforms, string(t.Platform)), append(r.families, t.FamilyID)
		r.expires, r.created, r.modified = append(r.expires, t.Expires), append(r.created, t.Created), append(r.modified, t.Modified)
	}
	return r
}

func (r *tokenRows) parameters() []any {
	return []any{r.digests, r.hints, r.userIDs, r.applicationIDs, r.scopes, r.descriptions, r.expires, r.addresses, r.platforms, r.families, r.audiences, r.created,
		r.modified, r.createdBy, r.modifiedBy}
}

// refreshArrays are the columns of refresh_tokens that a token has which nobody has used.
var refreshArrays = arrays{{"digest", "bytea"}, {"hint", "text"}, {"application_id", "bigint"}, {"user_id", "bigint"}, {"subject_user_id", "bigint"},
	{"access_token_id", "bigint"}, {"scope", "text"}, {"audience", "text"}, {"platform", "text"}, {"family_id", "text"}, {"created", "timestamptz"}, {"expires", "timestamptz"},
	{"reason", "text"}, {"parent_id", "bigint"}, {"started", "timestamptz"}}

// refreshParameters are tokens as arrays.
func refreshParameters(tokens []*models.RefreshToken) []any {
	var (
		applicationIDs                                []int64
		digests                                       [][]byte
		userIDs, subjectIDs, accessIDs, parentIDs     []*int64
		hints, scopes, audiences, platforms, families []string
		reasons                                       []string
		created, expires                              []time.Time
		started                                       []*time.Time
	)
	for _, t := range tokens {
		digests, hints, applicationIDs = append(digests, t.Digest[:]), append(hints, t.Hint), append(applicationIDs, t.ApplicationID)
		userIDs, subjectIDs, accessIDs = append(userIDs, t.UserID), append(subjectIDs, t.SubjectUserID), append(accessIDs, t.AccessTokenID)
		scopes, audiences, platforms = append(scopes, string(t.Scope)), append(audiences, t.Audience.String()), append(platforms, string(t.Platform))
		families, reasons, parentIDs, started = append(families, t.FamilyID), append(reasons, t.Reason), append(parentIDs, t.ParentID), append(started, t.Started)
		created, expires = append(created, t.Created), append(expires, t.Expires)
	}
	return []any{digests, hints, applicationIDs, userIDs, subjectIDs, accessIDs, scopes, audiences, platforms, families, created, expires, reasons, parentIDs, started}
}

// redemptionArrays say which authorization codes are marked used.
var redemptionArrays = arrays{{"id", "bigint"}, {"used", "timestamptz"}}

func redemptionParameters(codes []redeemed) []any {
	var ids []int64
	var used []time.Time
	codes = slices.SortedFunc(slices.Values(codes), func(a, b redeemed) int { return cmp.Compare(a.id, b.id) })
	for _, c := range codes {
		ids, used = append(ids, c.id), append(used, c.used)
	}
	return []any{ids, used}
}

// rotationArrays say which refresh tokens are marked used, and in which state they were read.
var rotationArrays = arrays{{"id", "bigint"}, {"scope", "text"}, {"used", "timestamptz"}}

func rotationParameters(tokens []rotated) []any {
	var ids []int64
	var scopes []string
	var used []time.Time
	tokens = slices.SortedFunc(slices.Values(tokens), func(a, b rotated) int { return cmp.Compare(a.id, b.id) }) // in which order everybody locks them
	for _, t := range tokens {
		ids, scopes, used = append(ids, t.id), append(scopes, string(t.scope)), append(used, t.used)
	}
	return []any{ids, scopes, used}
}

// deletionArrays say which access tokens go, and in which state they were read.
var deletionArrays = arrays{{"id", "bigint"}, {"modified", "timestamptz"}}

func deletionParameters(tokens []*models.AccessToken) []any {
	var ids []int64
	var modified []time.Time
	tokens = slices.SortedFunc(slices.Values(tokens), func(a, b *models.AccessToken) int { return cmp.Compare(a.ID, b.ID) })
	for _, t := range tokens {
		ids, modified = append(ids, t.ID), append(modified, t.Modified)
	}
	return []any{ids, modified}
}
