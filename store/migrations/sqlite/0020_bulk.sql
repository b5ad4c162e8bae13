-- +goose Up
-- For PostgreSQL alone: here the program adds up.
SELECT 1;
