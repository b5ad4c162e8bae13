-- +goose Up
-- For PostgreSQL alone: here one writes at a time.
SELECT 1;
