-- +goose Up
-- The resources that a consent is for; none: our own APIs, as every consent was before.
ALTER TABLE consents ADD COLUMN audience text NOT NULL DEFAULT '';
