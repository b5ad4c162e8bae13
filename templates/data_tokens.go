package templates

import (
	"slices"
	"strconv"
	"time"
)

// The words of a token's platform, kind and state, as the filters of lists and the chips know them.
const (
	PlatformGateway    = "gateway"
	PlatformController = "controller"
	StateActive        = "active"
	StateExpiring      = "expiring" // active, within 7 days of its end
	StateExpired       = "expired"
	StateRevoked       = "revoked"
	StateUnused        = "unused" // a personal token that was not used for the idle lifetime
)

// UseNever is the filter for personal tokens that have not expired and were never used.
const UseNever = "never"

// Token is one access token as pages show it. Its value is never part of it.
type Token struct {
	ID          int64
	Description string
	Hint        string // the first characters of the value
	Application Link   // none for a personal token
	Owner       Link   // none for a token of an application alone
	Platform    string
	Scope       string // words separated by spaces
	State       string
	Unused      string // "90 days": the idle lifetime that a token in StateUnused has outlived
	Created     time.Time
	Modified    time.Time
	LastUsed    time.Time // zero: never
	UsedFrom    string    // the address that it was last used from, "" for none or unknown
	Expires     time.Time
	MayDelete   bool
	Makers      // filled on the token's own page
}

// Name is what the token is called where it has no description.
func (t Token) Name() string {
	if t.Description != "" {
		return t.Description
	}
	return "Token " + strconv.FormatInt(t.ID, 10)
}

// TokenTable is a table of tokens, on the page of tokens or on that of the application or user they belong to.
type TokenTable struct {
	Now         time.Time
	List        List // sortable where it has a path
	Rows        []Token
	Caption     string
	Owner       bool // with a column for the owner
	Application bool // with the kind and the application below the description
	Select      bool // with boxes, for a form with the id "selection"
}

// TokensPage is filled into "tokens". Search covers description, owner and application. The keys of its filters are platform, kind,
// state, use, owner (a username) and application (an id). The columns that can be sorted by are description, user__username,
// platform, scope, created, last_used and expires. The boxes post id, once for each ticked token, to /tokens/delete.
type TokensPage struct {
	Page
	List        List
	Rows        []Token
	Everybody   bool // the viewer sees tokens of others: with a column and a filter for the owner
	Application Link // the application that the filter names
	MayCreate   bool
	Reason      string // why the viewer may not create tokens
	Idle        bool   // personal tokens have an idle lifetime: tokens can be filtered by StateUnused
}

// States is the filter of states.
func (p TokensPage) States() Filter {
	filter := p.List.Filter("state", "State", "All")
	if p.Idle || filter.Value == StateUnused {
		filter.Choices = append(slices.Clone(filter.Choices), Choice{StateUnused, "Expired, not used"})
	}
	return filter
}

// Table is the table of the page.
func (p TokensPage) Table() TokenTable {
	deletable := false
	for _, row := range p.Rows {
		deletable = deletable || row.MayDelete
	}
	return TokenTable{
		Now: p.Now, List: p.List, Rows: p.Rows, Caption: "Tokens", Owner: p.Everybody, Application: true, Select: deletable,
	}
}

// Selection is the form of the boxes.
func (p TokensPage) Selection() Selection {
	return p.selection(p.List, SelectionButton{"/tokens/delete", "Delete selected tokens", "trash"})
}

// TokenForm is what the forms for tokens send: description, scope, and on creation application, expiry, expires_on.
type TokenForm struct {
	Description string
	Scope       string // "read", "write" or "read write"
	Application string // an id, "" for a personal token
	Expiry      string // a number of days, "default", "longest", or "date"
	ExpiresOn   string // 2006-01-02, for "date": the token dies with the end of that day (UTC)
}

// TokenPage is filled into "token". The form posts description and scope to /tokens/ID. Refresh posts once to /tokens/ID/refresh.
// /tokens/ID/regenerate leads to "renew".
// /tokens/ID/delete leads to "confirm".
type TokenPage struct {
	Page
	Token      Token
	Form       TokenForm
	Errors     Errors
	MayEdit    bool
	MayRefresh bool   // a gateway token with a live refresh token, and the viewer may
	MayRenew   bool   // one's own personal token of the gateway that has not expired
	Once       string // the single-use number of the refresh form
	Activity   ActivitySection
}

// Title is the token's description, or its number.
func (p TokenPage) Title() string { return p.Token.Name() }

// TokenNewPage is filled into "token_new". The form posts once and the fields of TokenForm to /tokens/new.
type TokenNewPage struct {
	Page
	Form          TokenForm
	Errors        Errors
	Applications  []Choice  // of the gateway, those that the viewer may use; the values are ids
	Default       string    // the default lifetime of a personal token, "30 days"; "" where that is the longest
	Longest       time.Time // the end of a personal token with the longest lifetime
	OfApplication string    // the lifetime of an application's token, where it is another
	Last          time.Time // the end of the token that can live longest, be it an application's
	Idle          string    // without use for so long a personal token ends; "": none does
	Once          string    // the single-use number of this form
}

// Expiries are the ends to choose from: the default, those before the longest, the longest, and a date.
func (p TokenNewPage) Expiries() []Choice {
	var choices []Choice
	switch {
	case p.Default != "" && p.OfApplication != "":
		choices = append(choices, Choice{"default", "The default: " + p.Default + ", of an application " + p.OfApplication})
	case p.Default != "":
		choices = append(choices, Choice{"default", "The default: " + p.Default})
	}
	for _, preset := range []struct {
		days  int
		label string
	}{{1, "1 day"}, {7, "7 days"}, {30, "30 days"}, {90, "90 days"}, {180, "180 days"}, {365, "1 year"}} {
		if p.Now.AddDate(0, 0, preset.days).Before(p.Longest) {
			choices = append(choices, Choice{strconv.Itoa(preset.days), preset.label})
		}
	}
	longest := Choice{"longest", "The longest allowed: until " + p.Longest.UTC().Format("2 January 2006")}
	return append(choices, longest, Choice{"date", "A date of my choice"})
}

// Earliest is the first day that can be chosen.
func (p TokenNewPage) Earliest() string { return p.Now.UTC().Format(time.DateOnly) }

// Latest is the last day that can be chosen: the last that ends before the longest lifetime.
func (p TokenNewPage) Latest() string { return p.Last.UTC().AddDate(0, 0, -1).Format(time.DateOnly) }

// Hint says what else there is to know about the end.
func (p TokenNewPage) Hint() string {
	if p.Idle == "" {
		return "The shorter, the safer."
	}
	return "The shorter, the safer. A personal token that is not used for " + p.Idle + " ends as well."
}

// TokenCreatedPage is filled into "token_created", the answer to a POST that made a token. It is the only page that holds a value.
type TokenCreatedPage struct {
	Page
	Token     Token
	Value     string
	Refresh   string // the refresh token, "" where there is none
	Refreshed bool   // made by refreshing: the previous value is dead

	Regenerated bool
	Overlap     int64 // seconds that the previous value of a regenerated token works on
}

// Fate says what becomes of the previous value of a regenerated token.
func (p TokenCreatedPage) Fate() string { return fate(p.Overlap) }

// Curl is a command line that tries the token.
func (p TokenCreatedPage) Curl() string {
	return "curl -H 'Authorization: Bearer " + p.Value + "' " + p.Issuer + "/api/gateway/v1/me/"
}
