-- +goose Up
-- The resources of applications.resource_uris, each of one application.
CREATE TABLE resources (
    uri            text COLLATE "C" PRIMARY KEY,
    application_id bigint NOT NULL REFERENCES applications ON DELETE CASCADE
);
CREATE INDEX resources_application ON resources (application_id);
INSERT INTO resources (uri, application_id)
    SELECT uri, id FROM applications, unnest(string_to_array(resource_uris, ' ')) AS uri WHERE uri <> '' ORDER BY id
    ON CONFLICT DO NOTHING;
