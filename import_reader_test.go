package main

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
)

// TestImportAsReader: the grants that docs/importing.md names are enough, and one that is missing is an error. Else the import would take the table
// for one that the level does not have.
func TestImportAsReader(t *testing.T) {
	t.Parallel()
	c, f := newController(t), mustFacts(t)
	text, err := os.ReadFile("docs/importing.md")
	if err != nil {
		t.Fatal(err)
	}
	_, grants, _ := strings.Cut(string(text), "```sql\n")
	grants, _, found := strings.Cut(grants, "```")
	if !found {
		t.Fatal("the page has no SQL")
	}
	reader := "gatehouse_test_" + strings.ToLower(models.RandomText(16))
	c.change(strings.ReplaceAll(grants, "gatehouse_reader", reader))
	t.Cleanup(func() {
		_, err := c.ExecContext(context.Background(), "DROP OWNED BY "+reader+"; DROP ROLE "+reader)
		if err != nil {
			t.Error(err)
		}
	})
	address, err := url.Parse(c.address)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.User(reader)
	limited := &controller{c.DB, t, address.String()}
	p := newProgram(t, "sqlite:"+filepath.Join(t.TempDir(), "gatehouse.db"))
	if out := p.mustImport(limited); !strings.HasPrefix(out, f.lines()) {
		t.Errorf("(-want +got):\n%s", cmp.Diff(f.lines(), out))
	}
	for _, change := range [][2]string{{"REVOKE SELECT ON social_auth_usersocialauth FROM ", "social_auth_usersocialauth"},
		{"GRANT SELECT ON social_auth_usersocialauth TO " + reader + "; REVOKE SELECT ON main_rbac_roles_members FROM ", "main_rbac_roles_members"},
		{"REVOKE SELECT ON auth_user FROM " + reader + "; GRANT SELECT (id, username, password, is_superuser, is_active) ON auth_user TO ", "auth_user"}} {
		c.change(change[0] + reader)
		if _, stderr, code := p.importFrom(limited); code != 1 || !strings.Contains(stderr, "permission denied for table "+change[1]) {
			t.Errorf("without %s: exit %d, stderr:\n%s", change[1], code, stderr)
		}
	}
}
