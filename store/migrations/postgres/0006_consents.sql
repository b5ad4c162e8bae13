-- +goose Up
-- The resources that a consent is for; none: our own APIs, as every consent was before.
ALTER TABLE consents ADD COLUMN audience text COLLATE "C" NOT NULL DEFAULT '';
