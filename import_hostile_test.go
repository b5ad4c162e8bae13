package main

import (
	"strings"
	"testing"
	"unicode"

	"gatehouse/store/storetest"
)

// TestImportPrintsNoControl: what a source has in its settings neither moves a terminal's cursor nor begins a line of its own.
func TestImportPrintsNoControl(t *testing.T) {
	t.Parallel()
	c := newController(t)
	c.change(`UPDATE conf_setting SET value = jsonb_build_object('a', U&'\001b[2Jx\009b1my', 'b', E'line\nmain_organization: read 1, imported 1') WHERE key = 'OAUTH2_PROVIDER'`,
		"ALTER TABLE conf_setting ALTER COLUMN value TYPE text USING replace(value::text, ', ', E',\\nmain_x: read 7,')")
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database)
		p.mustCommand("migrate")
		checkPrintable(t, p.mustImport(c, "--dry-run"), "\nmain_x", "\nmain_organization: read 1,")
	})
}

// TestImportPrintsNoControlOfErrors: nor does what the source's server says of an error.
func TestImportPrintsNoControlOfErrors(t *testing.T) {
	t.Parallel()
	c := newController(t)
	c.change("ALTER TABLE main_organization RENAME TO hidden",
		`CREATE FUNCTION shout() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION E'\x1b[2Jgone\u009b1m\nall is well'; END $$`,
		"CREATE VIEW main_organization AS SELECT * FROM hidden WHERE shout() > 0")
	storetest.EachURL(t, func(t *testing.T, database string) {
		stdout, stderr, code := newProgram(t, database).importFrom(c)
		if code != 1 || stdout != "" || !strings.Contains(stderr, "gone") {
			t.Errorf("exit %d, stdout %q, stderr %q", code, stdout, stderr)
		}
		checkPrintable(t, stderr, "\nall is well")
	})
}

func checkPrintable(t *testing.T, text string, never ...string) {
	t.Helper()
	for _, each := range text {
		if each != '\n' && !unicode.IsPrint(each) {
			t.Fatalf("it prints %U:\n%q", each, text)
		}
	}
	for _, words := range never {
		if strings.Contains(text, words) {
			t.Errorf("it prints %q:\n%s", words, text)
		}
	}
}
