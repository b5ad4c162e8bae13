-- +goose Up
-- What was brought along from an automation controller or another gateway. A row of import_rows stays when what it became is deleted here.
CREATE TABLE import_runs (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    source   text NOT NULL CHECK (source IN ('gateway', 'controller')),
    started  timestamp NOT NULL,
    finished timestamp NOT NULL,
    last     boolean NOT NULL,
    report   text NOT NULL
);

CREATE TABLE import_rows (
    source_table text NOT NULL,
    source_id    integer NOT NULL,
    digest       blob NOT NULL,
    id           integer NOT NULL,
    PRIMARY KEY (source_table, source_id)
) WITHOUT ROWID;
