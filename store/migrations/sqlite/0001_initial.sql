-- +goose Up
CREATE TABLE users (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    username            text NOT NULL UNIQUE,
    password            text NOT NULL,
    first_name          text NOT NULL,
    last_name           text NOT NULL,
    email               text NOT NULL,
    is_superuser        boolean NOT NULL,
    is_platform_auditor boolean NOT NULL,
    is_active           boolean NOT NULL,
    managed             boolean NOT NULL,
    ldap_dn             text NOT NULL,
    external_account    text NOT NULL,
    external_source     text NOT NULL,
    last_login          timestamp,
    created             timestamp NOT NULL,
    modified            timestamp NOT NULL,
    created_by          integer,
    modified_by         integer
);
CREATE INDEX users_superusers ON users (id) WHERE is_superuser;

CREATE TABLE organizations (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        text NOT NULL UNIQUE,
    description text NOT NULL,
    managed     boolean NOT NULL,
    created     timestamp NOT NULL,
    modified    timestamp NOT NULL,
    created_by  integer,
    modified_by integer
);

CREATE TABLE organization_users (
    organization_id integer NOT NULL REFERENCES organizations ON DELETE CASCADE,
    user_id         integer NOT NULL REFERENCES users ON DELETE CASCADE,
    role            text NOT NULL CHECK (role IN ('member', 'admin', 'auditor')),
    created         timestamp NOT NULL,
    PRIMARY KEY (user_id, organization_id, role)
);
CREATE INDEX organization_users_organization ON organization_users (organization_id, role, user_id);

CREATE TABLE applications (
    id                        INTEGER PRIMARY KEY AUTOINCREMENT,
    name                      text NOT NULL,
    description               text NOT NULL,
    organization_id           integer REFERENCES organizations,
    user_id                   integer REFERENCES users,
    client_id                 text NOT NULL UNIQUE,
    client_type               text NOT NULL CHECK (client_type IN ('confidential', 'public')),
    authorization_grant_type  text NOT NULL,
    grant_types               text NOT NULL,
    redirect_uris             text NOT NULL,
    post_logout_redirect_uris text NOT NULL,
    resource_uris             text NOT NULL,
    algorithm                 text NOT NULL,
    skip_authorization        boolean NOT NULL,
    require_pkce              boolean NOT NULL,
    introspect_all            boolean NOT NULL,
    platform                  text NOT NULL CHECK (platform IN ('gateway', 'controller')),
    created                   timestamp NOT NULL,
    modified                  timestamp NOT NULL,
    created_by                integer,
    modified_by               integer,
    UNIQUE (organization_id, name)
);
CREATE INDEX applications_user ON applications (user_id) WHERE user_id IS NOT NULL;

CREATE TABLE client_secrets (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    application_id integer NOT NULL REFERENCES applications ON DELETE CASCADE,
    digest         blob NOT NULL,
    expires        timestamp,
    created        timestamp NOT NULL
);
CREATE INDEX client_secrets_application ON client_secrets (application_id);

CREATE TABLE access_tokens (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    digest            blob NOT NULL UNIQUE,
    hint              text NOT NULL,
    user_id           integer REFERENCES users,
    application_id    integer REFERENCES applications,
    scope             text NOT NULL,
    description       text NOT NULL,
    expires           timestamp NOT NULL,
    last_used         timestamp,
    last_used_address text NOT NULL,
    platform          text NOT NULL CHECK (platform IN ('gateway', 'controller')),
    family_id         text NOT NULL,
    audience          text NOT NULL,
    created           timestamp NOT NULL,
    modified          timestamp NOT NULL,
    created_by        integer,
    modified_by       integer
);
CREATE INDEX access_tokens_user ON access_tokens (user_id, id);
CREATE INDEX access_tokens_application ON access_tokens (application_id, id) WHERE application_id IS NOT NULL;
CREATE INDEX access_tokens_family ON access_tokens (family_id) WHERE family_id <> '';
CREATE INDEX access_tokens_expires ON access_tokens (expires, id);
CREATE INDEX access_tokens_platform ON access_tokens (platform, id);

CREATE TABLE refresh_tokens (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    digest          blob NOT NULL UNIQUE,
    hint            text NOT NULL,
    application_id  integer NOT NULL REFERENCES applications,
    user_id         integer REFERENCES users,
    subject_user_id integer REFERENCES users,
    access_token_id integer UNIQUE REFERENCES access_tokens ON DELETE SET NULL,
    scope           text NOT NULL,
    audience        text NOT NULL,
    platform        text NOT NULL CHECK (platform IN ('gateway', 'controller')),
    family_id       text NOT NULL,
    created         timestamp NOT NULL,
    expires         timestamp NOT NULL,
    revoked         timestamp,
    reason          text NOT NULL
);
CREATE INDEX refresh_tokens_application ON refresh_tokens (application_id, id);
CREATE INDEX refresh_tokens_user ON refresh_tokens (user_id, id);
CREATE INDEX refresh_tokens_subject ON refresh_tokens (subject_user_id, id);
CREATE INDEX refresh_tokens_family ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_revoked ON refresh_tokens (revoked) WHERE revoked IS NOT NULL;
CREATE INDEX refresh_tokens_live ON refresh_tokens (id) WHERE revoked IS NULL;
CREATE INDEX refresh_tokens_alone ON refresh_tokens (created) WHERE access_token_id IS NULL AND revoked IS NULL;

CREATE TABLE authorization_codes (
    id                    INTEGER PRIMARY KEY AUTOINCREMENT,
    digest                blob NOT NULL UNIQUE,
    application_id        integer NOT NULL REFERENCES applications ON DELETE CASCADE,
    user_id               integer NOT NULL REFERENCES users ON DELETE CASCADE,
    redirect_uri          text NOT NULL,
    redirect_uri_sent     boolean NOT NULL,
    scope                 text NOT NULL,
    audience              text NOT NULL,
    code_challenge        text NOT NULL,
    code_challenge_method text NOT NULL,
    family_id             text NOT NULL,
    created               timestamp NOT NULL,
    expires               timestamp NOT NULL,
    used                  timestamp
);
CREATE INDEX authorization_codes_expires ON authorization_codes (expires);
CREATE INDEX authorization_codes_application ON authorization_codes (application_id);
CREATE INDEX authorization_codes_user ON authorization_codes (user_id);

CREATE TABLE consents (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id        integer NOT NULL REFERENCES users ON DELETE CASCADE,
    application_id integer NOT NULL REFERENCES applications ON DELETE CASCADE,
    redirect_uri   text NOT NULL,
    scope          text NOT NULL,
    created        timestamp NOT NULL,
    modified       timestamp NOT NULL,
    UNIQUE (user_id, application_id, redirect_uri)
);
CREATE INDEX consents_application ON consents (application_id);

CREATE TABLE sessions (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    digest    blob NOT NULL UNIQUE,
    user_id   integer NOT NULL REFERENCES users ON DELETE CASCADE,
    address   text NOT NULL,
    agent     text NOT NULL,
    created   timestamp NOT NULL,
    last_seen timestamp NOT NULL,
    expires   timestamp NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id, created);
CREATE INDEX sessions_expires ON sessions (expires);

CREATE TABLE activity (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    created      timestamp NOT NULL,
    actor_id     integer,
    actor_name   text NOT NULL,
    origin       text NOT NULL,
    address      text NOT NULL,
    operation    text NOT NULL,
    object_type  text NOT NULL,
    object_id    integer NOT NULL,
    object_name  text NOT NULL,
    related_type text NOT NULL,
    related_id   integer NOT NULL,
    related_name text NOT NULL,
    note         text NOT NULL,
    changes      text NOT NULL,
    form         text
);
CREATE INDEX activity_object ON activity (object_type, object_id, id);
CREATE INDEX activity_actor ON activity (actor_id, id) WHERE actor_id IS NOT NULL;
CREATE UNIQUE INDEX activity_form ON activity (form) WHERE form IS NOT NULL;

CREATE TABLE settings (
    key      text PRIMARY KEY,
    value    text NOT NULL,
    modified timestamp NOT NULL
);
