package manage

import (
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"gatehouse/store/storetest"
)

// TestTerminalImport follows a source at a terminal: a bar grows for each table, the report comes below, and Ctrl+C ends it well.
func TestTerminalImport(t *testing.T) {
	t.Parallel()
	statements, err := os.ReadFile("../importer/testdata/gateway.sql")
	if err != nil {
		t.Fatal(err)
	}
	source := storetest.PostgreSQL(t)
	connection, err := pgx.Connect(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = connection.Close(t.Context()) }()
	if _, err := connection.Exec(t.Context(), string(statements)); err != nil {
		t.Fatal(err)
	}
	x := newMachine(t, sqliteAddress(t)).atTerminal("import_gateway", "--source", source, "--follow", "--interval", "86400")
	for _, bar := range [][2]string{{"people 100% |", "| (6/6)"}, {"dab_oauth2_provider_oauth2accesstoken 100% |", "| (3/3)"}} {
		x.see(bar[0])
		x.see(bar[1])
	}
	x.see("people: read 6, imported 6, skipped 0\r\n")
	x.see("application 12: the secret must be rotated\r\n")
	if _, err := x.person.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
	if code := x.end("run import_gateway with --finish."); code != 0 || strings.Contains(x.screen.String(), "read people: 6 rows") {
		t.Errorf("exit %d, screen:\n%s", code, x.screen)
	}
}
