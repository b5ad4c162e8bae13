-- A platform gateway as far as an import reads it, with a person or thing of each kind.
CREATE TABLE django_migrations (id bigint PRIMARY KEY, app text, name text);
INSERT INTO django_migrations VALUES (1, 'dab_oauth2_provider', '0001_initial'), (2, 'dab_oauth2_provider', '0005_hash_existing_tokens'), (3, 'auth', '0012');

CREATE TABLE people (id bigint PRIMARY KEY, username varchar(150) UNIQUE, password varchar(128), last_login timestamptz, is_superuser boolean,
    first_name varchar(150), last_name varchar(150), email varchar(254), is_active boolean, date_joined timestamptz, is_platform_auditor boolean);
INSERT INTO people VALUES
    (1, 'administrator', 'pbkdf2_sha256$600000$seasalt0123456789abcde$Jbjo7P9rDFcNNGIECsUmPY0Aip6uNRfN3xr09Imwklc=', NULL, true, '', '', '', true, '2024-01-01Z', false),
    (2, 'member', '!', NULL, false, 'First', 'Last', 'member@example.com', true, '2024-01-02Z', false),
    (3, 'auditor', '!', NULL, false, '', '', '', true, '2024-01-03Z', true),
    (4, 'of-directory', '!', NULL, false, '', '', '', true, '2024-01-04Z', false),
    (5, 'of-saml', '!', NULL, false, '', '', '', true, '2024-01-05Z', false),
    (6, 'global-auditor', '!', NULL, false, '', '', '', true, '2024-01-06Z', false);

CREATE TABLE dab_authentication_authenticator (id bigint PRIMARY KEY, name text, slug text UNIQUE, type text);
CREATE TABLE dab_authentication_authenticatoruser (id bigint PRIMARY KEY, provider_id text, user_id bigint REFERENCES people);
INSERT INTO dab_authentication_authenticator VALUES (1, 'Local', 'local-1', 'ansible_base.authentication.authenticator_plugins.local'),
    (2, 'Directory of staff', 'ldap-2', 'ansible_base.authentication.authenticator_plugins.ldap'),
    (3, 'Identity provider', 'saml-3', 'ansible_base.authentication.authenticator_plugins.saml');
INSERT INTO dab_authentication_authenticatoruser VALUES (1, 'local-1', 1), (2, 'ldap-2', 4), (3, 'saml-3', 5);

CREATE TABLE groups (id bigint PRIMARY KEY, name varchar(512) UNIQUE, description text, created timestamptz, modified timestamptz);
INSERT INTO groups VALUES (7, 'Operations', 'who runs it', '2024-01-01Z', '2024-02-01Z');

CREATE TABLE dab_rbac_roledefinition (id bigint PRIMARY KEY, name text UNIQUE);
CREATE TABLE dab_rbac_roleuserassignment (id bigint PRIMARY KEY, user_id bigint REFERENCES people, role_definition_id bigint REFERENCES dab_rbac_roledefinition,
    object_id text);
INSERT INTO dab_rbac_roledefinition VALUES (1, 'Organization Admin'), (2, 'Organization Member'), (3, 'Platform Auditor'), (4, 'Team Member');
INSERT INTO dab_rbac_roleuserassignment VALUES (1, 2, 1, '7'), (2, 2, 2, '7'), (3, 6, 3, NULL), (4, 2, 4, '7');

CREATE TABLE dab_oauth2_provider_oauth2application (id bigint PRIMARY KEY, created timestamptz, modified timestamptz, name varchar(255), client_id varchar(100) UNIQUE,
    description text, client_secret varchar(255), client_type varchar(32), skip_authorization boolean, authorization_grant_type varchar(32),
    organization_id bigint REFERENCES groups, user_id bigint REFERENCES people, algorithm varchar(5), redirect_uris text, post_logout_redirect_uris text);
INSERT INTO dab_oauth2_provider_oauth2application VALUES
    (11, '2024-03-01Z', '2024-03-02Z', 'Portal', 'portal-client', 'a portal',
     'pbkdf2_sha256$600000$seasalt0123456789abcde$Jbjo7P9rDFcNNGIECsUmPY0Aip6uNRfN3xr09Imwklc=', 'confidential', false, 'password', 7, NULL, '', '', ''),
    (12, '2024-03-01Z', '2024-03-02Z', 'No secret', 'other-client', '', '', 'confidential', false, 'authorization-code', 7, NULL, '', 'https://a.example.com/cb', 'https://a.example.com/out');

CREATE TABLE dab_oauth2_provider_oauth2accesstoken (id bigint PRIMARY KEY, created timestamptz, modified timestamptz, description text, last_used timestamptz,
    scope varchar(32), user_id bigint REFERENCES people, application_id bigint REFERENCES dab_oauth2_provider_oauth2application, expires timestamptz,
    token varchar(255) UNIQUE, source_refresh_token_id bigint);
CREATE TABLE dab_oauth2_provider_oauth2refreshtoken (id bigint PRIMARY KEY, created timestamptz, modified timestamptz, application_id bigint, revoked timestamptz,
    token varchar(255), user_id bigint, access_token_id bigint UNIQUE REFERENCES dab_oauth2_provider_oauth2accesstoken, UNIQUE (token, revoked));
INSERT INTO dab_oauth2_provider_oauth2accesstoken VALUES
    (21, '2026-02-01Z', '2026-02-02Z', 'plain', NULL, 'write', 2, NULL, '3024-05-06 07:08:09.101112Z', 'plainTokenOfTheOldGateway00001', NULL),
    (22, '2026-02-01Z', '2026-02-02Z', 'digest', NULL, 'read', 2, NULL, '2035-01-01Z', encode(sha256('digestedTokenOfTheGateway00022'), 'hex'), NULL),
    (23, '2026-02-01Z', '2026-02-02Z', 'named digest', NULL, 'read write', 2, 11, '2035-01-01Z', '$sha256$' || encode(sha256('namedDigestTokenOfTheGateway23'), 'hex'), 31);
INSERT INTO dab_oauth2_provider_oauth2refreshtoken VALUES
    (31, '2026-02-20Z', '2026-02-20Z', 11, '2026-02-21Z', '$sha256$' || encode(sha256('usedRefreshTokenOfTheGateway031'), 'hex'), 2, NULL),
    (32, '2026-02-21Z', '2026-02-21Z', 11, NULL, '$sha256$' || encode(sha256('liveRefreshTokenOfTheGateway032'), 'hex'), 2, 23);
