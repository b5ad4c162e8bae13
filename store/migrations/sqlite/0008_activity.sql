-- +goose Up
-- Who may see an entry, also when what it tells of is gone: whose it was, which organization it belonged to, on which platform.
ALTER TABLE activity ADD COLUMN owner_id integer;
ALTER TABLE activity ADD COLUMN organization_id integer;
ALTER TABLE activity ADD COLUMN platform text NOT NULL DEFAULT '';

-- For what there is: users and organizations from the entry itself; access tokens from the entries of their creation and deletion;
-- refresh tokens and applications from their rows, and gone applications from their entries. organization_id of a token is that of its
-- application in between. A platform that cannot be known is taken for the gateway, whose entries fewer people see.
UPDATE activity SET owner_id = object_id WHERE object_type = 'user';
UPDATE activity SET owner_id = related_id WHERE related_type = 'user';
UPDATE activity SET organization_id = object_id WHERE object_type = 'organization';
UPDATE activity SET
    owner_id = (SELECT CAST(COALESCE(json_extract(o.changes, '$.added_fields.user'), json_extract(o.changes, '$.removed_fields.user')) AS bigint)
        FROM activity AS o WHERE o.object_type = activity.object_type AND o.object_id = activity.object_id AND o.operation IN ('create', 'delete')
        ORDER BY o.id DESC LIMIT 1),
    organization_id = (SELECT CAST(COALESCE(json_extract(o.changes, '$.added_fields.application'), json_extract(o.changes, '$.removed_fields.application')) AS bigint)
        FROM activity AS o WHERE o.object_type = activity.object_type AND o.object_id = activity.object_id AND o.operation IN ('create', 'delete')
        ORDER BY o.id DESC LIMIT 1),
    platform = COALESCE((SELECT COALESCE(json_extract(o.changes, '$.added_fields.platform'), json_extract(o.changes, '$.removed_fields.platform'))
        FROM activity AS o WHERE o.object_type = activity.object_type AND o.object_id = activity.object_id AND o.operation IN ('create', 'delete')
        ORDER BY o.id DESC LIMIT 1), 'gateway')
    WHERE object_type = 'oauth2accesstoken' AND object_id > 0;
UPDATE activity SET
    owner_id = (SELECT r.user_id FROM refresh_tokens AS r WHERE r.id = activity.object_id),
    organization_id = (SELECT r.application_id FROM refresh_tokens AS r WHERE r.id = activity.object_id),
    platform = COALESCE((SELECT r.platform FROM refresh_tokens AS r WHERE r.id = activity.object_id), 'gateway')
    WHERE object_type = 'oauth2refreshtoken' AND object_id > 0;
UPDATE activity SET
    organization_id = COALESCE((SELECT a.organization_id FROM applications AS a WHERE a.id = activity.object_id),
        (SELECT CAST(json_extract(o.changes, '$.removed_fields.organization') AS bigint) FROM activity AS o
        WHERE o.object_type = activity.object_type AND o.object_id = activity.object_id AND o.operation = 'delete' ORDER BY o.id DESC LIMIT 1)),
    platform = COALESCE((SELECT a.platform FROM applications AS a WHERE a.id = activity.object_id),
        (SELECT json_extract(o.changes, '$.removed_fields.platform') FROM activity AS o
        WHERE o.object_type = activity.object_type AND o.object_id = activity.object_id AND o.operation = 'delete' ORDER BY o.id DESC LIMIT 1), 'gateway')
    WHERE object_type = 'oauth2application';
UPDATE activity SET organization_id = NULL WHERE object_type = 'oauth2application' AND note = 'consent';
UPDATE activity SET organization_id = COALESCE((SELECT a.organization_id FROM applications AS a WHERE a.id = activity.organization_id),
        (SELECT CAST(json_extract(o.changes, '$.removed_fields.organization') AS bigint) FROM activity AS o
        WHERE o.object_type = 'oauth2application' AND o.object_id = activity.organization_id AND o.operation = 'delete' ORDER BY o.id DESC LIMIT 1))
    WHERE object_type IN ('oauth2accesstoken', 'oauth2refreshtoken') AND organization_id IS NOT NULL;

-- Each list reads a range of one of these: what is one's own, what is an organization's, what the gateway shows, what the controller shows.
CREATE INDEX activity_owner ON activity (owner_id, id) WHERE owner_id IS NOT NULL;
CREATE INDEX activity_organization ON activity (organization_id, object_type, id) WHERE organization_id IS NOT NULL;
CREATE INDEX activity_gateway ON activity (id) WHERE operation <> 'sign_in' AND operation <> 'sign_out';
CREATE INDEX activity_controller ON activity (id) WHERE operation <> 'sign_in' AND operation <> 'sign_out' AND platform <> 'gateway';
CREATE INDEX activity_created ON activity (created);
