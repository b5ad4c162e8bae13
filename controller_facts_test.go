package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// facts are what importer/testdata tells about the controller's database, and about what an import makes of it.
type facts struct {
	SecretKey string `json:"secret_key_file"`
	ShiftSQL  string `json:"shift_sql"`
	Counts    map[string]int
	Expected  map[string]tableFacts
	Totals    struct {
		Superusers          int
		SystemAuditors      int            `json:"system_auditors"`
		InactiveUsers       int            `json:"inactive_users"`
		UsersByHash         map[string]int `json:"users_by_hash"`
		UsersExternal       map[string]int `json:"users_external"`
		UsersWithLDAPDN     int            `json:"users_with_ldap_dn"`
		WithoutOrganization int            `json:"applications_without_organization"`
		WithOwner           int            `json:"applications_with_owner"`
		ByType              map[string]int `json:"applications_by_type"`
		ByGrant             map[string]int `json:"applications_by_grant"`
		BySecretForm        map[string]int `json:"applications_by_secret_form"`
		WithHTTPRedirect    int            `json:"applications_with_http_redirect"`
		TokensPersonal      int            `json:"imported_tokens_personal"`
		TokensApplication   int            `json:"imported_tokens_application"`
		TokensByScope       map[string]int `json:"imported_tokens_by_scope"`
		TokensNeverUsed     int            `json:"imported_tokens_never_used"`
		TokensAfter3000     int            `json:"imported_tokens_expiring_after_3000"`
		TokensIn3024OrLater int            `json:"imported_tokens_expiring_in_3024_or_later"`
		HighestIDs          map[string]int `json:"highest_ids"`
		ThroughTeams        struct {
			Pairs int
			Rows  []throughTeam
		} `json:"membership_through_teams_only"`
	}
	Settings      map[string]any
	Users         []userFacts
	Applications  []applicationFacts
	AccessTokens  []accessTokenFacts  `json:"access_tokens"`
	RefreshTokens []refreshTokenFacts `json:"refresh_tokens"`
	Organizations []organizationFacts
}

type tableFacts struct {
	Read, Imported        int
	Skipped               map[string]int
	ByKind                map[string]int `json:"by_kind"`
	ImportedThoughExpired int            `json:"imported_though_expired"`
	ImportedLive          int            `json:"imported_live"`
	ImportedRevoked       int            `json:"imported_revoked"`
}

// throughTeam counts people who belong to an organization through a team only.
type throughTeam struct {
	OrganizationID int `json:"organization_id"`
	Organization   string
	Kind           string
	Users          int
}

type userFacts struct {
	ID              int
	Username        string
	Password        *string
	Hash            string
	Stored          string
	FirstName       string `json:"first_name"`
	LastName        string `json:"last_name"`
	Email           string
	IsSuperuser     bool     `json:"is_superuser"`
	IsSystemAuditor bool     `json:"is_system_auditor"`
	IsActive        bool     `json:"is_active"`
	LDAPDN          string   `json:"ldap_dn"`
	ExternalAccount *string  `json:"external_account"`
	AdministratorOf []string `json:"administrator_of"`
	MemberOf        []string `json:"member_of"`
	AuditorOf       []string `json:"auditor_of"`
	SignsIn         bool     `json:"signs_in"`
	TokensImported  int      `json:"tokens_imported"`
}

type applicationFacts struct {
	ID             int
	Name           string
	OrganizationID *int `json:"organization_id"`
	Organization   *string
	Owner          *string
	ClientType     string `json:"client_type"`
	GrantType      string `json:"authorization_grant_type"`
	ClientID       string `json:"client_id"`
	ClientSecret   string `json:"client_secret"`
	SecretForm     string `json:"secret_form"`
	SecretUsable   bool   `json:"secret_usable"`
	RedirectURIs   string `json:"redirect_uris"`
	Skip           bool   `json:"skip_authorization"`
	Description    string
}

type accessTokenFacts struct {
	ID                 int
	Token              string
	User               *string
	UserID             *int `json:"user_id"`
	Scope              string
	Expires, Created   string
	LastUsed           *string `json:"last_used"`
	Application        *string
	ApplicationID      *int `json:"application_id"`
	Description        string
	Imported           bool
	SkippedBecause     *string `json:"skipped_because"`
	AcceptedController bool    `json:"accepted_by_controller"`
	AcceptedGateway    bool    `json:"accepted_by_gateway"`
}

type refreshTokenFacts struct {
	ID            int
	Token         string
	User          string
	ApplicationID int  `json:"application_id"`
	AccessTokenID *int `json:"access_token_id"`
	Scope         *string
	State         string
	Imported      *string
	Refreshes     bool
}

type organizationFacts struct {
	ID             int
	Name           string
	Administrators int
	MembersDirect  int `json:"members_direct"`
	Members        int `json:"members_with_administrators"`
	Auditors       int
	Applications   int
}

// importedTables are the tables of the report, in its order.
var importedTables = []string{"auth_user", "main_organization", "main_rbac_roles_members", "main_oauth2application", "main_oauth2accesstoken",
	"oauth2_provider_refreshtoken", "oauth2_provider_grant"}

func readFacts() (*facts, error) {
	text, err := os.ReadFile(controllerJSON)
	if err != nil {
		return nil, err
	}
	var f facts
	return &f, json.Unmarshal(text, &f)
}

func mustFacts(t *testing.T) *facts {
	t.Helper()
	f, err := readFacts()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// lines are what an import prints of each table.
func (f *facts) lines() string {
	var text strings.Builder
	for _, table := range importedTables {
		text.WriteString(f.Expected[table].line(table))
	}
	return text.String()
}

// linesAgain are what it prints when everything is there already.
func (f *facts) linesAgain() string {
	var text strings.Builder
	for _, table := range importedTables {
		again := f.Expected[table]
		again.Skipped = maps.Clone(again.Skipped)
		if again.Imported > 0 {
			again.Skipped["already imported"] = again.Imported
		}
		again.Imported = 0
		text.WriteString(again.line(table))
	}
	return text.String()
}

func (f tableFacts) line(table string) string {
	skipped, reasons := 0, []string{}
	for _, reason := range slices.Sorted(maps.Keys(f.Skipped)) {
		skipped += f.Skipped[reason]
		reasons = append(reasons, fmt.Sprintf("%s %d", reason, f.Skipped[reason]))
	}
	line := fmt.Sprintf("%s: read %d, imported %d, skipped %d", table, f.Read, f.Imported, skipped)
	if skipped > 0 {
		line += " (" + strings.Join(reasons, ", ") + ")"
	}
	return line + "\n"
}

// user is the person of that name.
func (f *facts) user(t *testing.T, name string) userFacts {
	t.Helper()
	return found(t, f.Users, func(u userFacts) bool { return u.Username == name })
}

func (f *facts) application(t *testing.T, id int) applicationFacts {
	t.Helper()
	return found(t, f.Applications, func(a applicationFacts) bool { return a.ID == id })
}

func (f *facts) accessToken(t *testing.T, id int) accessTokenFacts {
	t.Helper()
	return found(t, f.AccessTokens, func(a accessTokenFacts) bool { return a.ID == id })
}

func (f *facts) refreshToken(t *testing.T, id int) refreshTokenFacts {
	t.Helper()
	return found(t, f.RefreshTokens, func(r refreshTokenFacts) bool { return r.ID == id })
}

func found[T any](t *testing.T, all []T, is func(T) bool) T {
	t.Helper()
	n := slices.IndexFunc(all, is)
	if n < 0 {
		t.Fatalf("no such %T is described", all)
	}
	return all[n]
}
