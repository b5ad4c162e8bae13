-- +goose Up
-- For PostgreSQL alone: here a file says by itself that somebody has changed it.
SELECT 1;
