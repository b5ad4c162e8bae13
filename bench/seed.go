package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	_ "modernc.org/sqlite" // driver "sqlite"
)

// caller is somebody who asks for lists, by a personal token or a session whose value is the name.
type caller struct {
	name   string
	id     int
	rights string // SQL that gives them
}

// callers are the kinds of people that lists tell apart. createsuperuser made the first.
var callers = []caller{
	{"superuser", 1, "SELECT 1"},
	{"auditor", 2, "UPDATE users SET is_platform_auditor = true WHERE id = 2"},
	{"administrator", 3, "INSERT INTO organization_users (organization_id, user_id, role, created) SELECT 11, 3, 'admin', created FROM users WHERE id = 3"},
	{"user", 4, "SELECT 1"},
	{"large administrator", 5, "INSERT INTO organization_users (organization_id, user_id, role, created) SELECT 1, 5, 'admin', created FROM users WHERE id = 5"},
}

// session is the id of the caller's session.
func session(caller string) string {
	return strings.ReplaceAll(caller, " ", "") + strings.Repeat("0", 40)
}

const ofCaller = `INSERT INTO access_tokens (digest, hint, user_id, scope, description, expires, last_used_address, platform, family_id, audience, created, modified)
	SELECT {digest}, 'abcd', id, 'write', '', {now} + 9 * {day}, '', 'gateway', '', '', {now}, {now} FROM users WHERE id = {id}`

const sessionOfCaller = `INSERT INTO sessions (digest, user_id, address, agent, created, last_seen, expires)
	SELECT {digest}, id, '192.0.2.1', '', {now}, {now}, {now} + 9 * {day} FROM users WHERE id = {id}`

// seeding stores 10,000 users, 210 applications in 11 organizations and n tokens by SQL: some 50 for each of the first hundred users, the others for all users alike,
// every second of an application, 22 at least for each, 3 in 100 of the controller, one in ten expired, one in three used, one in ten made by the first superuser, a few of nobody; and an activity
// entry for each. So a page of one user, of the last organization or of one of its ten applications, which have 50 tokens each, has
// the same rows, of the same hundred users, however many tokens there are. The first organization has one in twenty of all.
var seeding = []string{
	`INSERT INTO users (username, password, first_name, last_name, email, is_superuser, is_platform_auditor, is_active, managed, ldap_dn,
			external_account, external_source, created, modified)
		{series 10000} SELECT 'user-' || (10000 + n), '!', '', '', '', false, false, true, false, '', '', '', {now}, {now} {from 10000}`,
	"INSERT INTO organizations (name, description, managed, created, modified) {series 11} SELECT 'org-' || n, '', false, {now}, {now} {from 11}",
	`INSERT INTO applications (name, description, organization_id, client_id, client_type, authorization_grant_type, grant_types, redirect_uris,
			post_logout_redirect_uris, resource_uris, algorithm, skip_authorization, require_pkce, introspect_all, platform, created, modified)
		{series 210} SELECT 'app-' || n, '', CASE WHEN n > 200 THEN 11 ELSE 1 + n % 10 END, 'client-' || n, 'confidential', 'password', '', '', '', '', '', false, false, false,
		CASE WHEN n % 33 = 0 THEN 'controller' ELSE 'gateway' END, {now}, {now} {from 210}`,
	`INSERT INTO access_tokens (digest, hint, user_id, application_id, scope, description, expires, last_used, last_used_address, platform,
			family_id, audience, created, modified, created_by, modified_by)
		{series {N}} SELECT {digest}, 'abcd', CASE WHEN n % 100 <> 98 THEN {user} END,
		{application}, CASE n / 7 % 5 WHEN 0 THEN 'read' WHEN 1 THEN 'read write' ELSE 'write' END, 'token ' || n,
		{now} + (n * 37 % 365 - 36) * {day} + n * {second}, CASE WHEN n % 3 = 0 THEN {now} - n * 7919 % 1000000 * {second} END, '',
		CASE WHEN ({application}) % 33 = 0 OR n % 2 = 1 AND n % 33 = 0 THEN 'controller' ELSE 'gateway' END,
		CASE WHEN n % 2 = 0 THEN 'family-' || n ELSE '' END, '', {now} - ({N} - n) * {step}, {now} - ({N} - n) * {step}, {author}, {author} {from {N}}`,
	`INSERT INTO refresh_tokens (digest, hint, application_id, user_id, subject_user_id, access_token_id, scope, audience, platform, family_id,
			created, expires, reason)
		SELECT digest, hint, application_id, user_id, user_id, id, scope, audience, platform, family_id, created, expires, ''
		FROM access_tokens WHERE application_id IS NOT NULL`,
	`INSERT INTO activity (created, actor_id, actor_name, origin, address, operation, object_type, object_id, object_name, related_type,
			related_id, related_name, note, changes)
		{series {N}} SELECT {now} - ({N} - n) * {step}, CASE WHEN n % 2 = 1 THEN {user} END, '', 'oauth', '',
		CASE n % 10 WHEN 0 THEN 'delete' WHEN 1 THEN 'update' ELSE 'create' END, CASE WHEN n % 50 = 7 THEN 'user' ELSE 'oauth2accesstoken' END,
		n, '', '', 0, '', '', '{}' {from {N}}`,
}

// expired are n tokens more, of the same owners and applications, which have no refresh token and expired more than a year ago.
var expired = []string{strings.Replace(seeding[3], "{now} + (n * 37", "{now} - 400 * {day} + (n * 37", 1)}

// seed fills a migrated database.
func seed(ctx context.Context, address string, n int) error {
	statements := slices.Clone(seeding)
	for _, c := range callers {
		own := func(statement, secret string) string {
			return strings.NewReplacer("{digest}", fmt.Sprintf("{blob %x}", sha256.Sum256([]byte(secret))), "{id}", fmt.Sprint(c.id)).Replace(statement)
		}
		statements = append(statements, own(ofCaller, c.name), own(sessionOfCaller, session(c.name)), c.rights)
	}
	return seedWith(ctx, address, n, statements)
}

// seedWith runs statements that store n tokens, and waits until the disk has them. PostgreSQL leaves the database as it would be after a night, vacuumed and
// analyzed.
func seedWith(ctx context.Context, address string, n int, statements []string) error {
	const user = "CASE WHEN n <= 5000 THEN 2 + n * 2654435761 / 65536 % 100 ELSE 102 + n * 2654435761 / 65536 % 9899 END"
	step := int(365*24*time.Hour/time.Microsecond) / n
	numbers := strings.NewReplacer("{N}", fmt.Sprint(n), "{author}", "CASE WHEN n % 10 = 0 THEN 1 WHEN n % 100 <> 98 THEN "+user+" END", "{user}", user, "{application}",
		"CASE WHEN n % 2 = 0 THEN CASE WHEN n <= 1000 THEN 201 + n / 2 % 10 ELSE 1 + n / 2 % 200 END END")
	driver, source := sourceOf(address)
	between, from, blob := "", "FROM generate_series(1::bigint, $1) AS series(n)", `'\x$1'::bytea`
	dialect := []string{"{digest}", "sha256(random()::text::bytea || n::text::bytea)", "{second}", "interval '1 second'", "{day}", "interval '1 day'",
		"{step}", fmt.Sprintf("interval '%d microseconds'", step), "{now}", "(SELECT date_trunc('second', created) FROM users WHERE id = 1)"}
	finish := []string{"VACUUM ANALYZE", "CHECKPOINT"}
	if driver == "sqlite" {
		source += "?_pragma=busy_timeout(10000)&_pragma=synchronous(OFF)&_pragma=cache_size(-400000)"
		between, from, blob = "WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < $1)", "FROM series", "x'$1'"
		dialect = []string{"{digest}", "randomblob(32)", "{second}", "1000000", "{day}", "86400000000",
			"{step}", fmt.Sprint(step), "{now}", "(SELECT created / 1000000 * 1000000 FROM users WHERE id = 1)"}
		finish = []string{"PRAGMA synchronous = FULL", "PRAGMA wal_checkpoint(TRUNCATE)"}
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for _, statement := range append(statements, finish...) {
		statement = numbers.Replace(statement)
		statement = seriesPattern.ReplaceAllString(statement, between)
		statement = fromPattern.ReplaceAllString(statement, from)
		statement = blobPattern.ReplaceAllString(statement, blob)
		if _, err := db.ExecContext(ctx, strings.NewReplacer(dialect...).Replace(statement)); err != nil {
			return fmt.Errorf("%w: %s", err, statement)
		}
	}
	return nil
}

var seriesPattern, fromPattern, blobPattern = regexp.MustCompile(`\{series (\d+)\}`), regexp.MustCompile(`\{from (\d+)\}`), regexp.MustCompile(`\{blob (\w+)\}`)
