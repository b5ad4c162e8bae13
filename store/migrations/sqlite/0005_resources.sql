-- +goose Up
-- The resources of applications.resource_uris, each of one application.
CREATE TABLE resources (
    uri            text PRIMARY KEY,
    application_id integer NOT NULL REFERENCES applications ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX resources_application ON resources (application_id);
INSERT OR IGNORE INTO resources (uri, application_id)
    WITH RECURSIVE split (id, uri, rest) AS (
        SELECT id, '', resource_uris || ' ' FROM applications WHERE resource_uris <> ''
        UNION ALL
        SELECT id, substr(rest, 1, instr(rest, ' ') - 1), substr(rest, instr(rest, ' ') + 1) FROM split WHERE rest <> ''
    )
    SELECT uri, id FROM split WHERE uri <> '' ORDER BY id;
