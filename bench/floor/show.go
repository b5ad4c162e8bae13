package main

import (
	"crypto/sha256"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const mount = "/api/gateway/v1/"

// showAccess finds a token and whether its bearer, who presents another, may see it: a platform administrator, an auditor, or its owner. Who only
// administers its organization is refused here, and no owner is shown the way to the application.
const showAccess = `SELECT t.id, t.created, t.modified, t.created_by, t.modified_by, t.description, t.user_id, t.application_id, t.expires, t.scope, t.last_used,
		t.platform, u.username, u.first_name, u.last_name, a.name, r.id, bu.is_superuser OR bu.is_platform_auditor
	FROM access_tokens AS b JOIN users AS bu ON bu.id = b.user_id JOIN access_tokens AS t ON t.id = $2
		LEFT JOIN users AS u ON u.id = t.user_id LEFT JOIN applications AS a ON a.id = t.application_id LEFT JOIN refresh_tokens AS r ON r.access_token_id = t.id
	WHERE b.digest = $1 AND b.expires > $3 AND bu.is_active AND b.platform = 'gateway' AND b.audience = ''
		AND (bu.is_superuser OR bu.is_platform_auditor OR t.user_id = bu.id)`

// shown is a token as the gateway's API shows it. Links to who made and changed it are left out: nobody did, where the token endpoint made it.
type shown struct {
	ID           int64   `json:"id"`
	Type         string  `json:"type"`
	URL          string  `json:"url"`
	Related      related `json:"related"`
	Summary      summary `json:"summary_fields"`
	Created      string  `json:"created"`
	Modified     string  `json:"modified"`
	CreatedBy    *int64  `json:"created_by"`
	ModifiedBy   *int64  `json:"modified_by"`
	Description  string  `json:"description"`
	User         *int64  `json:"user"`
	Token        string  `json:"token"`
	RefreshToken *string `json:"refresh_token"`
	Application  *int64  `json:"application"`
	Expires      string  `json:"expires"`
	Scope        string  `json:"scope"`
	LastUsed     *string `json:"last_used"`
	Platform     string  `json:"platform"`
}

type related struct {
	User        string `json:"user,omitempty"`
	Application string `json:"application,omitempty"`
	Activity    string `json:"activity_stream"`
}

type summary struct {
	User        *userSummary        `json:"user,omitempty"`
	Application *applicationSummary `json:"application,omitempty"`
}

type userSummary struct {
	ID        int64  `json:"id"`
	Username  string `json:"username"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
}

type applicationSummary struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// when is a time as the platforms write it: ISO 8601 with microseconds and Z.
func when(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

func (f *floor) serveShow(w http.ResponseWriter, r *http.Request) {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if !strings.EqualFold(scheme, "Bearer") || err != nil {
		refuse(w, http.StatusUnauthorized, "invalid_token")
		return
	}
	digest := sha256.Sum256([]byte(text))
	s, err := scanShown(f.db.one(r.Context(), showAccess, digest[:], id, f.now()))
	if err == nil {
		answer(w, http.StatusOK, s)
		return
	}
	if !errors.Is(err, errNone) {
		fail(w, err)
		return
	}
	bearer := &token{}
	if err := bearer.scan(f.db.one(r.Context(), findAccess, digest[:])); err != nil || !bearer.valid(f.now()) {
		refuse(w, http.StatusUnauthorized, "invalid_token")
		return
	}
	refuse(w, http.StatusNotFound, "not_found")
}

const mask = "$encrypted$"

func scanShown(from row) (*shown, error) {
	s := &shown{Type: "o_auth2_access_token", Token: mask}
	var created, modified, expires time.Time
	var lastUsed *time.Time
	var username, firstName, lastName, application *string
	var refresh *int64
	var readsAll bool
	err := from.Scan(&s.ID, &created, &modified, &s.CreatedBy, &s.ModifiedBy, &s.Description, &s.User, &s.Application, &expires, &s.Scope, &lastUsed, &s.Platform,
		&username, &firstName, &lastName, &application, &refresh, &readsAll)
	if err != nil {
		return nil, err
	}
	own := strconv.FormatInt(s.ID, 10)
	s.URL, s.Created, s.Modified, s.Expires = mount+"tokens/"+own+"/", when(created), when(modified), when(expires)
	s.Related.Activity = mount + "activitystream/?content_type=1&object_id=" + own
	if lastUsed != nil {
		text := when(*lastUsed)
		s.LastUsed = &text
	}
	if s.User != nil {
		s.Related.User = mount + "users/" + *idText(s.User) + "/"
		s.Summary.User = &userSummary{*s.User, *username, *firstName, *lastName}
	}
	if s.Application != nil {
		if readsAll {
			s.Related.Application = mount + "applications/" + *idText(s.Application) + "/"
		}
		s.Summary.Application = &applicationSummary{*s.Application, *application}
	}
	if refresh != nil {
		hidden := mask
		s.RefreshToken = &hidden
	}
	return s, nil
}
