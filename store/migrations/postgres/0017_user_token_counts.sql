-- +goose Up
-- The number stands in the index, so that those of some users are read from there: in the table those of one user are far apart (ADR 0016).
-- SQLite's table is its primary key.
ALTER TABLE user_token_counts DROP CONSTRAINT user_token_counts_pkey, ADD PRIMARY KEY (user_id, application_id, platform, scope) INCLUDE (tokens);
