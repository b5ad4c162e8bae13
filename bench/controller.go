package main

// The controller's database: 10,000 users who belong to 10 organizations, 200 applications, a million access tokens, of which a tenth are of
// applications, and 100,000 refresh tokens, a fifth of them spent for another.
const (
	accessTokensOfController = 1_000_000
	rowsOfController         = 10_000 + 10 + 10_000 + 200 + accessTokensOfController + 100_000
)

// controllerStatements make it, with those columns of a controller's tables that an import reads, and its indexes.
var controllerStatements = []string{
	"CREATE TABLE django_migrations (id serial PRIMARY KEY, app text, name text, applied timestamptz DEFAULT now())",
	"INSERT INTO django_migrations (app, name) VALUES ('main', '0190_alter_inventorysource_source_and_more')",
	`CREATE TABLE auth_user (id integer PRIMARY KEY, password varchar(128) NOT NULL, last_login timestamptz, is_superuser boolean NOT NULL,
		username varchar(150) UNIQUE NOT NULL, first_name varchar(150) NOT NULL, last_name varchar(150) NOT NULL, email varchar(254) NOT NULL,
		is_staff boolean NOT NULL, is_active boolean NOT NULL, date_joined timestamptz NOT NULL)`,
	`INSERT INTO auth_user SELECT n, 'pbkdf2_sha256$600000$seasalt0123456789abcde$Jbjo7P9rDFcNNGIECsUmPY0Aip6uNRfN3xr09Imwklc=', NULL, n = 1, 'user-' || n, 'User',
		'Number ' || n, 'user-' || n || '@example.org', false, true, now() - interval '2 years' FROM generate_series(1, 10000) AS series(n)`,
	"CREATE TABLE main_profile (id integer PRIMARY KEY, ldap_dn varchar(1024) NOT NULL, user_id integer UNIQUE NOT NULL)",
	"INSERT INTO main_profile SELECT n, '', n FROM generate_series(1, 10000) AS series(n)",
	"CREATE TABLE main_rbac_roles (id integer PRIMARY KEY, role_field text NOT NULL, singleton_name text UNIQUE)",
	"INSERT INTO main_rbac_roles SELECT n, 'role', NULL FROM generate_series(1, 30) AS series(n)",
	"CREATE TABLE main_rbac_roles_members (id integer PRIMARY KEY, role_id integer NOT NULL, user_id integer NOT NULL)",
	"INSERT INTO main_rbac_roles_members SELECT n, 11 + n % 10, n FROM generate_series(1, 10000) AS series(n)",
	`CREATE TABLE main_organization (id integer PRIMARY KEY, created timestamptz NOT NULL, modified timestamptz NOT NULL, description text NOT NULL,
		name varchar(512) UNIQUE NOT NULL, admin_role_id integer, member_role_id integer, auditor_role_id integer)`,
	"INSERT INTO main_organization SELECT n, now(), now(), '', 'Organization ' || n, n, 10 + n, 20 + n FROM generate_series(1, 10) AS series(n)",
	`CREATE TABLE main_oauth2application (id bigint PRIMARY KEY, client_id varchar(100) UNIQUE NOT NULL, client_secret varchar(1024) NOT NULL,
		client_type varchar(32) NOT NULL, authorization_grant_type varchar(32) NOT NULL, redirect_uris text NOT NULL, name varchar(255) NOT NULL,
		description text NOT NULL, skip_authorization boolean NOT NULL, created timestamptz NOT NULL, updated timestamptz NOT NULL, user_id integer,
		organization_id integer, algorithm varchar(5) NOT NULL, UNIQUE (name, organization_id))`,
	`INSERT INTO main_oauth2application SELECT n, 'client-' || n, '$encrypted$UTF8$AESCBC$Z0FBQUFBQmxVX0VBQUFFQ0F3UUZCZ2NJQ1FvTERBME9ENmJvMDdaOGRGRml0UnZnX3U1N3BrMXFK' ||
		'SW9xYi1OUkMyWVgxR1I2VmlUNlhiYS1rMjViQXdBR181anFNRlNXakdnMlpGTFhXbHMxR3d2RjNka251WEk9', 'confidential', 'password', '', 'Application ' || n, '', false,
		now(), now(), NULL, 1 + n % 10, '' FROM generate_series(1, 200) AS series(n)`,
	`CREATE TABLE main_oauth2accesstoken (id bigint PRIMARY KEY, token varchar(255) NOT NULL, expires timestamptz NOT NULL, scope text NOT NULL,
		created timestamptz NOT NULL, updated timestamptz NOT NULL, description text NOT NULL, last_used timestamptz, application_id bigint, user_id integer,
		source_refresh_token_id bigint, modified timestamptz NOT NULL, id_token_id bigint)`,
	// The first 20,000 of the applications' tokens came for a refresh token that was spent, with the ids from 80,001 on.
	`INSERT INTO main_oauth2accesstoken SELECT n, substr(md5(n || 'a') || md5(n || 'b'), 1, 30), now() + interval '1000 years' + n * interval '1 second',
		CASE n % 5 WHEN 0 THEN 'read' WHEN 1 THEN 'read write' ELSE 'write' END, now() - n * interval '1 minute', now(), 'token ' || n,
		CASE WHEN n % 2 = 0 THEN now() - n * interval '1 second' END, CASE WHEN n <= 100000 THEN 1 + n % 200 END, 1 + n * 2654435761 % 10000,
		CASE WHEN n <= 20000 THEN 80000 + n END, now(), NULL FROM generate_series(1::bigint, {N}) AS series(n)`,
	"CREATE UNIQUE INDEX ON main_oauth2accesstoken (token)",
	"CREATE INDEX ON main_oauth2accesstoken (user_id)",
	"CREATE INDEX ON main_oauth2accesstoken (application_id)",
	"CREATE UNIQUE INDEX ON main_oauth2accesstoken (source_refresh_token_id)",
	`CREATE TABLE oauth2_provider_refreshtoken (id bigint PRIMARY KEY, token varchar(255) NOT NULL, access_token_id bigint, application_id bigint NOT NULL,
		user_id integer NOT NULL, created timestamptz NOT NULL, updated timestamptz NOT NULL, revoked timestamptz, UNIQUE (token, revoked))`,
	`INSERT INTO oauth2_provider_refreshtoken SELECT n, substr(md5(n || 'c') || md5(n || 'd'), 1, 30), CASE WHEN n <= 80000 THEN n END,
		CASE WHEN n <= 80000 THEN 1 + n % 200 ELSE 1 + (n - 80000) % 200 END, 1 + (CASE WHEN n <= 80000 THEN n ELSE n - 80000 END) * 2654435761 % 10000,
		now() - interval '10 days', now(), CASE WHEN n > 80000 THEN now() - interval '9 days' END FROM generate_series(1::bigint, 100000) AS series(n)`,
	"CREATE UNIQUE INDEX ON oauth2_provider_refreshtoken (access_token_id)",
	"CREATE TABLE oauth2_provider_grant (id bigint PRIMARY KEY, code varchar(255) UNIQUE NOT NULL)",
	"VACUUM ANALYZE",
}
