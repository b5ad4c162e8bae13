-- +goose Up
-- For PostgreSQL alone: here the table is its primary key, with the number.
SELECT 1;
