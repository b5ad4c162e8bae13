-- +goose Up
-- Work over many rows that goes on in two transactions at once, while nobody else is at work, waits for who is counting, which is the other (ADR 0035): what it
-- left uncounted would only become more, as counting that takes longer too. It waits for the lock itself, so that PostgreSQL sees a deadlock with somebody who has come meanwhile, and not for ever.
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION may_count(changes regclass) RETURNS boolean LANGUAGE plpgsql SET lock_timeout = '5s' AS $$
BEGIN
    IF current_setting('gatehouse.abreast', true) = 'on' THEN
        PERFORM pg_advisory_xact_lock(changes::oid::integer, 0);
        RETURN true;
    END IF;
    FOR attempt IN 1..100 LOOP
        IF pg_try_advisory_xact_lock(changes::oid::integer, 0) THEN
            RETURN true;
        END IF;
        PERFORM pg_sleep(0.001);
    END LOOP;
    RETURN false;
EXCEPTION WHEN lock_not_available THEN
    RETURN false;
END $$;
-- +goose StatementEnd
