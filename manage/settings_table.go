package manage

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gatehouse/models"
)

// setting is one row of the table of settings.
type setting struct {
	key      string
	fallback string // the value when it is not set; "" for none
	unset    string // what having none means
	allowed  string // completes "it must be"
	help     string
	set      func(s *settings, value string) bool // false: not allowed
	show     func(value string) string            // the value without its secrets; nil: there are none
}

// Keys that the code names beside the table.
const (
	keyConfig            = "GATEHOUSE_CONFIG"
	keyListen            = "GATEHOUSE_LISTEN"
	keyPublicURL         = "GATEHOUSE_PUBLIC_URL"
	keyDatabaseURL       = "GATEHOUSE_DATABASE_URL"
	keyDatabaseURLFile   = "GATEHOUSE_DATABASE_URL_FILE"
	keySetupCodeFile     = "GATEHOUSE_SETUP_CODE_FILE"
	keySuperuserPassword = "GATEHOUSE_SUPERUSER_PASSWORD" // #nosec G101 -- the name of a setting
	keyDefaultPageSize   = "DEFAULT_PAGE_SIZE"
)

// The longest lifetimes, in seconds: of tokens, and of sessions (contract §5).
const (
	longestLifetime = 100_000_000_000
	longestSession  = 30_000_000_000
)

// table is every setting there is (contract §5, §12.23, §12.32). Lifetimes and intervals are whole seconds.
var table = []setting{
	{key: keyListen, fallback: "127.0.0.1:8080", allowed: "an address and a port, such as 127.0.0.1:8080 or :8080",
		help: "where to listen", set: setListen},
	{key: keyPublicURL, fallback: "http://localhost:8080",
		allowed: "an http or https address of a host in lower case without a path, such as https://gatehouse.example.org",
		help:    "the address that people and clients use; also the issuer", set: setPublicURL},
	{key: keyDatabaseURL, fallback: "sqlite:data/gatehouse.db", allowed: "sqlite:PATH, sqlite://PATH, postgres://… or postgresql://…",
		help: "the database", set: setDatabaseURL, show: redactURL},
	{key: keyDatabaseURLFile, allowed: "the path of a file", help: "a file that holds the address of the database instead",
		set: func(_ *settings, value string) bool { return value != "" }},
	{key: keyConfig, allowed: "the path of a file", help: "a file of KEY=value lines; the environment wins over it",
		set: func(_ *settings, value string) bool { return value != "" }},
	{key: keySetupCodeFile, unset: "setup-code beside the SQLite file, with PostgreSQL data/setup-code", allowed: "the path of a file",
		help: "where the one-time code for the first administrator goes when no terminal shows it",
		set:  text(func(s *settings) *string { return &s.setupCodeFile })},
	{key: keySuperuserPassword, allowed: "a password", help: "the password for createsuperuser, instead of asking for it",
		set:  func(s *settings, value string) bool { s.superuserPassword = models.SecretOf(value); return true },
		show: func(string) string { return redacted }},
	{key: "GATEHOUSE_TRUSTED_PROXIES", unset: "none", allowed: "addresses and networks with commas between, such as 127.0.0.1,10.0.0.0/8,fd00::/8",
		help: "the reverse proxies whose X-Forwarded-For and forwarded method are believed", set: setTrustedProxies},
	truth("GATEHOUSE_AUTO_CLEAR", "true", "once a day, not in the first hour, the server deletes what has expired",
		func(s *settings) *bool { return &s.autoClear }),

	{key: "GATEHOUSE_PRODUCT_NAME", fallback: "Gatehouse", allowed: "1 to 100 printable ASCII characters",
		help: "X-API-Product-Name of the APIs; Ansible's collections warn when it is not the product that they are for, such as AWX", set: setProductName},
	{key: "GATEHOUSE_PRODUCT_VERSION", unset: "this build's", allowed: "two to four numbers with dots between, such as 24.6.1",
		help: "X-API-Product-Version of the APIs; Ansible's collections warn when it is not their own", set: setProductVersion},
	{key: "GATEHOUSE_TOKEN_PREFIX", unset: "tokens are 30 letters and digits", allowed: "2 to 16 lower-case letters and digits with _ at the end, such as acme_",
		help: "what new tokens begin with; they end with a checksum then, for scanners that look for leaked ones", set: setTokenPrefix},

	number("OAUTH2_PROVIDER__ACCESS_TOKEN_EXPIRE_SECONDS", "31536000", 1, longestLifetime, "lifetime of access tokens; of personal ones until the token policy in the console sets another",
		func(s *settings) *int64 { return &s.server.Lifetimes.AccessToken }),
	number("OAUTH2_PROVIDER__AUTHORIZATION_CODE_EXPIRE_SECONDS", "60", 1, 600, "lifetime of authorization codes",
		func(s *settings) *int64 { return &s.server.Lifetimes.AuthorizationCode }),
	number("GATEHOUSE_DEVICE_CODE_EXPIRE_SECONDS", "600", 60, 1800, "lifetime of device codes and their user codes",
		func(s *settings) *int64 { return &s.server.Lifetimes.DeviceCode }),
	number("OAUTH2_PROVIDER__REFRESH_TOKEN_EXPIRE_SECONDS", "2628000", 1, longestLifetime, "lifetime of refresh tokens",
		func(s *settings) *int64 { return &s.server.Lifetimes.RefreshToken }),
	number("OAUTH2_PROVIDER__REFRESH_TOKEN_GRACE_PERIOD_SECONDS", "10", 0, 300, "how long a used refresh token may come again and is answered anew",
		func(s *settings) *int64 { return &s.server.Lifetimes.RefreshGrace }),
	number("GATEHOUSE_REFRESH_TOKEN_ABSOLUTE_SECONDS", "31536000", 1, longestLifetime, "how long refresh tokens can be renewed, from the first one on; at least the lifetime of one",
		func(s *settings) *int64 { return &s.server.Lifetimes.RefreshAbsolute }),
	always("OAUTH2_PROVIDER__ROTATE_REFRESH_TOKEN", "a refresh token is replaced at each use"),
	always("OAUTH2_PROVIDER__REFRESH_TOKEN_REUSE_PROTECTION", "a replaced refresh token that comes again ends its family"),
	number("SESSION_COOKIE_AGE", "1800", 60, longestSession, "seconds that a session lives after its last use",
		func(s *settings) *int64 { return &s.server.Lifetimes.Session }),
	{key: "SESSIONS_PER_USER", fallback: "-1", allowed: "a whole number from 1, or -1 for no limit",
		help: "sessions of one user; the oldest above it end at sign-in", set: setSessionsPerUser},
	truth("AUTH_BASIC_ENABLED", "true", "the APIs accept username and password by HTTP Basic",
		func(s *settings) *bool { return &s.basicEnabled }),
	truth("ALLOW_OAUTH2_FOR_EXTERNAL_USERS", "false", "users who sign in elsewhere may get tokens",
		func(s *settings) *bool { return &s.server.Policy.AllowExternalUsers }),
	truth("MANAGE_ORGANIZATION_AUTH", "true", "organization administrators may make and change users",
		func(s *settings) *bool { return &s.server.Policy.ManageOrganizationAuth }),
	truth("ORG_ADMINS_CAN_SEE_ALL_USERS", "true", "organization administrators see users of other organizations",
		func(s *settings) *bool { return &s.server.Policy.OrgAdminsSeeAllUsers }),
	truth("CONTROLLER_APP_TOKENS_EVERYWHERE", "false", "tokens of controller applications work at the gateway's API too",
		func(s *settings) *bool { return &s.server.Policy.ControllerTokensEverywhere }),
	truth("CONTROLLER_TOKEN_CREATION", "true", "tokens can be made at the controller's API",
		func(s *settings) *bool { return &s.server.Policy.ControllerTokenCreation }),
	truth("ALLOW_HTTP_REDIRECT_URIS", "false", "plain http redirect URIs can be registered at the gateway, flagged as insecure",
		func(s *settings) *bool { return &s.server.AllowHTTPRedirects }),
	truth("LEGACY_REFRESH_EXPIRED", "false", "an expired refresh token and an external user get 403 with plain text, as originally",
		func(s *settings) *bool { return &s.server.LegacyRefreshExpired }),
	{key: "TOKEN_ENDPOINT_STATUS", fallback: "200", allowed: "200 or 201", help: "what the gateway's token endpoint answers when it made a token",
		set: setTokenEndpointStatus},
	withoutDefault(number(keyDefaultPageSize, "", 1, 10_000, "rows of a page of a list, at both APIs",
		func(s *settings) *int { return &s.defaultPageSize }), "50 at the gateway, 25 at the controller"),
	number("MAX_PAGE_SIZE", "200", 1, 10_000, "the most rows that a caller may ask for",
		func(s *settings) *int { return &s.maxPageSize }),
	number("CLEAR_EXPIRED_TOKENS_BATCH_SIZE", "10000", 1, 1_000_000, "the most rows that clearing deletes in one transaction",
		func(s *settings) *int { return &s.server.ClearBatchSize }),
	number("CLEAR_EXPIRED_TOKENS_BATCH_INTERVAL", "0", 0, 3600, "seconds between two such transactions",
		func(s *settings) *time.Duration { return &s.server.ClearInterval }),
}

const redacted = "[redacted]"

// number is a setting that is a whole number; a time.Duration is given in seconds.
func number[T int | int64 | time.Duration](key, fallback string, low, high int64, help string, field func(*settings) *T) setting {
	set := func(s *settings, value string) bool {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < low || n > high {
			return false
		}
		switch to := any(field(s)).(type) {
		case *int:
			*to = int(n)
		case *int64:
			*to = n
		case *time.Duration:
			*to = time.Duration(n) * time.Second
		}
		return true
	}
	return setting{key: key, fallback: fallback, allowed: fmt.Sprintf("a whole number from %d to %d", low, high), help: help, set: set}
}

func withoutDefault(row setting, unset string) setting {
	row.unset = unset
	return row
}

// truth is a setting that is true or false, in whatever case.
func truth(key, fallback, help string, field func(*settings) *bool) setting {
	return setting{key: key, fallback: fallback, allowed: "true or false", help: help, set: func(s *settings, value string) bool {
		*field(s) = strings.EqualFold(value, "true")
		return *field(s) || strings.EqualFold(value, "false")
	}}
}

// always is a setting of the originals that cannot be switched off here.
func always(key, help string) setting {
	return setting{key: key, fallback: "true", allowed: "true, which cannot be changed", help: help,
		set: func(_ *settings, value string) bool { return strings.EqualFold(value, "true") }}
}

func text(field func(*settings) *string) func(*settings, string) bool {
	return func(s *settings, value string) bool {
		*field(s) = value
		return value != ""
	}
}

var (
	productName    = regexp.MustCompile(`^[!-~]([ -~]{0,98}[!-~])?$`)
	productVersion = regexp.MustCompile(`^\d{1,9}(\.\d{1,9}){1,3}$`)
)

func setProductName(s *settings, value string) bool {
	s.productName = value
	return productName.MatchString(value)
}

func setProductVersion(s *settings, value string) bool {
	s.productVersion = value
	return productVersion.MatchString(value)
}

var tokenPrefix = regexp.MustCompile(`^[a-z][a-z0-9]{0,14}_$`)

func setTokenPrefix(s *settings, value string) bool {
	s.server.TokenFormat.Prefix = value
	return tokenPrefix.MatchString(value)
}

func setSessionsPerUser(s *settings, value string) bool {
	n, err := strconv.Atoi(value)
	s.server.SessionsPerUser = n
	return err == nil && (n == -1 || n >= 1)
}

func setTokenEndpointStatus(s *settings, value string) bool {
	s.server.TokenEndpointStatus = map[string]int{"200": 200, "201": 201}[value]
	return s.server.TokenEndpointStatus != 0
}
