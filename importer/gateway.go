package importer

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// gatewayTables are those of a platform gateway; users and organizations are what the others refer to.
var gatewayTables = tables{users: "aap_gateway_api_user", //nolint:gosec // names, no credentials
	organizations: "aap_gateway_api_organization", roles: "dab_rbac_roleuserassignment",
	applications: "dab_oauth2_provider_oauth2application", accessTokens: "dab_oauth2_provider_oauth2accesstoken",
	refreshTokens: "dab_oauth2_provider_oauth2refreshtoken", codes: "oauth2_provider_grant", app: "dab_oauth2_provider"}

// gatewayRoles: an assignment without an object is for everything. %[1]s are the organizations.
const gatewayRoles = `SELECT m.id, m.user_id, CASE WHEN m.object_id IS NULL AND d.name = 'Platform Auditor' THEN 'system_auditor' ELSE '' END AS singleton,
	CASE WHEN k.role <> '' THEN o.id END AS organization_id, COALESCE(k.role, '') AS role
	FROM dab_rbac_roleuserassignment AS m JOIN dab_rbac_roledefinition AS d ON d.id = m.role_definition_id
	LEFT JOIN (VALUES ('Organization Admin', 'admin'), ('Organization Member', 'member'), ('Organization Auditor', 'auditor')) AS k (name, role) ON k.name = d.name
	LEFT JOIN %[1]s AS o ON o.id::text = m.object_id ORDER BY m.id`

// gatewayExternal is SQL for the name of the source that a user signs in at, of the kinds that the condition is for.
const gatewayExternal = `COALESCE((SELECT min(a.name) FROM dab_authentication_authenticatoruser AS x JOIN dab_authentication_authenticator AS a
	ON x.provider_id::text IN (a.slug, a.id::text) WHERE x.user_id = u.id AND %s), '')`

const (
	enterpriseSources = `a.type ~ '\.(saml|radius|tacacs_?plus)$'`
	socialSources     = `a.type !~ '\.(local|ldap|saml|radius|tacacs_?plus)$'`
	directorySources  = `a.type ~ '\.ldap$'`
)

// findGateway finds the tables of a platform gateway by what its tokens and applications refer to.
func (s *source) findGateway(ctx context.Context) error {
	s.tables = gatewayTables
	for column, table := range map[[2]string]*string{{s.tables.accessTokens, "user_id"}: &s.tables.users,
		{s.tables.applications, "organization_id"}: &s.tables.organizations} {
		var found string
		err := s.tx.QueryRow(ctx, `SELECT c.confrelid::regclass::text FROM pg_constraint AS c
			JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
			WHERE c.contype = 'f' AND c.conrelid = to_regclass($1) AND a.attname = $2`, column[0], column[1]).Scan(&found)
		switch {
		case err == nil:
			*table = found
		case !errors.Is(err, pgx.ErrNoRows):
			return failed("read the source's schema", err)
		}
	}
	s.tables.rolesQuery = fmt.Sprintf(gatewayRoles, s.tables.organizations)
	return nil
}

// external are SQL for where a user signs in.
func (s *source) external() (ldapDN, social, enterprise, directory string) {
	if s.tables.users == controllerTables.users {
		by := func(table string) string {
			return s.either("COALESCE((SELECT min(a.provider) FROM "+table+" AS a WHERE a.user_id = u.id), '')", "''", table)
		}
		return s.either("COALESCE((SELECT max(p.ldap_dn) FROM main_profile AS p WHERE p.user_id = u.id), '')", "''", "main_profile"),
			by("social_auth_usersocialauth"), by("sso_userenterpriseauth"), "''"
	}
	of := func(kinds string) string {
		return s.either(fmt.Sprintf(gatewayExternal, kinds), "''", "dab_authentication_authenticatoruser", "dab_authentication_authenticator")
	}
	return "''", of(socialSources), of(enterpriseSources), of(directorySources)
}
