-- +goose Up
-- What transactions change of what servers keep of callers, for the other servers (ADR 0031). Whoever reads it remembers before which transaction all had ended, and begins there
-- the next time: what is committed later is of that transaction or a later one.
CREATE TABLE caller_changes (
    xid    xid8 NOT NULL DEFAULT pg_current_xact_id(),
    number bigint GENERATED ALWAYS AS IDENTITY,
    others boolean NOT NULL, -- something else than tokens: users, what they may do, applications
    tokens bigint[],         -- their ids; null where they are many, or unknown
    PRIMARY KEY (xid, number)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- +goose StatementBegin
CREATE FUNCTION tell_access_tokens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO caller_changes (others, tokens) SELECT false, CASE WHEN count(*) <= 100 THEN array_agg(id) END FROM changed HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE FUNCTION tell_access_token() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO caller_changes (others, tokens) VALUES (false, ARRAY[NEW.id]);
    RETURN NULL;
END $$;

CREATE FUNCTION tell_others() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO caller_changes (others) SELECT true WHERE NOT EXISTS (SELECT FROM caller_changes WHERE xid = pg_current_xact_id() AND others);
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER access_tokens_told_deleted AFTER DELETE ON access_tokens REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION tell_access_tokens();
-- A use is no change, nor is it one when a user signs in.
CREATE TRIGGER access_tokens_told_updated AFTER UPDATE OF digest, user_id, application_id, scope, expires, platform, family_id, audience ON access_tokens FOR EACH ROW
    WHEN ((OLD.digest, OLD.user_id, OLD.application_id, OLD.scope, OLD.expires, OLD.platform, OLD.family_id, OLD.audience)
        IS DISTINCT FROM (NEW.digest, NEW.user_id, NEW.application_id, NEW.scope, NEW.expires, NEW.platform, NEW.family_id, NEW.audience))
    EXECUTE FUNCTION tell_access_token();
CREATE TRIGGER access_tokens_told_truncated AFTER TRUNCATE ON access_tokens FOR EACH STATEMENT EXECUTE FUNCTION tell_others();
CREATE TRIGGER users_told AFTER DELETE OR TRUNCATE ON users FOR EACH STATEMENT EXECUTE FUNCTION tell_others();
CREATE TRIGGER users_told_updated AFTER UPDATE ON users FOR EACH ROW WHEN (to_jsonb(OLD) - 'last_login' IS DISTINCT FROM to_jsonb(NEW) - 'last_login') EXECUTE FUNCTION tell_others();
CREATE TRIGGER applications_told AFTER UPDATE OR DELETE OR TRUNCATE ON applications FOR EACH STATEMENT EXECUTE FUNCTION tell_others();
CREATE TRIGGER organizations_told AFTER UPDATE OR DELETE OR TRUNCATE ON organizations FOR EACH STATEMENT EXECUTE FUNCTION tell_others();
CREATE TRIGGER organization_users_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON organization_users FOR EACH STATEMENT EXECUTE FUNCTION tell_others();
CREATE TRIGGER client_secrets_told AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON client_secrets FOR EACH STATEMENT EXECUTE FUNCTION tell_others();
