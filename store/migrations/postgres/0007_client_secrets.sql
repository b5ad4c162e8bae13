-- +goose Up
-- A secret that another system kept in a slow hash, until it is used for the first time; its digest is not known before.
ALTER TABLE client_secrets ADD COLUMN encoded text COLLATE "C" NOT NULL DEFAULT '';
