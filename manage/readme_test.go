package manage

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestReadmeSettings keeps the README's table of settings in step with the program's.
func TestReadmeSettings(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := readmeTable(); !strings.Contains(string(readme), want) {
		t.Errorf("README.md does not hold this table of settings:\n%s", want)
	}
}

func readmeTable() string {
	out := "| setting | default | what it does | allowed |\n|---|---|---|---|\n"
	for _, row := range table {
		value := row.unset
		if row.fallback != "" {
			value = "`" + row.fallback + "`"
		}
		out += fmt.Sprintf("| `%s` | %s | %s | %s |\n", row.key, value, row.help, row.allowed)
	}
	return out
}
