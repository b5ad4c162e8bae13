-- +goose Up
-- Tokens are counted by blocks of 128 users as well, so that a range of users is as soon added up whoever has tokens (ADR 0036).
-- +goose StatementBegin
CREATE TRIGGER applications_moved_users AFTER UPDATE OF organization_id ON applications WHEN OLD.organization_id IS NOT NEW.organization_id BEGIN
    INSERT INTO token_value_counts SELECT o.id, 'users', n.value, o.sign * n.gateway, o.sign * n.controller, 0, 0
        FROM (SELECT user_id / 128 AS value, count(*) FILTER (WHERE platform = 'gateway') AS gateway, count(*) FILTER (WHERE platform = 'controller') AS controller
            FROM access_tokens WHERE application_id = NEW.id GROUP BY 1) AS n CROSS JOIN (SELECT OLD.organization_id AS id, -1 AS sign UNION ALL SELECT NEW.organization_id, 1) AS o
        WHERE o.id IS NOT NULL AND n.value IS NOT NULL
        ON CONFLICT DO UPDATE SET gateway = gateway + excluded.gateway, controller = controller + excluded.controller;
END;
-- +goose StatementEnd

INSERT INTO token_value_counts SELECT organization_id, 'users', value / 128, sum(gateway), sum(controller), sum(personal_gateway), sum(personal_controller)
    FROM token_value_counts WHERE field = 'user' GROUP BY 1, 3;
