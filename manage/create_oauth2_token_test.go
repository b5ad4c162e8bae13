package manage

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

var newTokenLine = regexp.MustCompile(`^New OAuth2 token for alice: ([A-Za-z0-9]{30})\n$`)

// TestCase55CreateToken is case 55, on a machine whose server runs.
func TestCase55CreateToken(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := newWorld(t, address)
		server := w.serve()
		line := newTokenLine.FindStringSubmatch(w.must("create_oauth2_token", "--user", "alice"))
		if line == nil || !w.works(line[1]) {
			t.Fatalf("the line %q holds no token that works", line)
		}
		quiet := w.must("create_oauth2_token", "--user=alice", "--quiet", "--platform", "controller")
		if !regexp.MustCompile(`^[A-Za-z0-9]{30}\n$`).MatchString(quiet) || !w.works(strings.TrimSpace(quiet)) {
			t.Errorf("--quiet prints %q", quiet)
		}
		tokens := w.accessTokens()
		if len(tokens) != 2 {
			t.Fatalf("%d tokens, want 2", len(tokens))
		}
		for n, platform := range []models.Platform{models.Gateway, models.Controller} {
			token := tokens[n]
			lifetime := token.Expires.Sub(token.Created).Round(time.Second)
			if token.Platform != platform || !token.Personal() || token.Scope != models.ScopeWrite || token.Description != "" ||
				token.RefreshToken != nil || !token.OwnedBy(w.alice.ID) || lifetime != 31_536_000*time.Second {
				t.Errorf("token %d: %+v", n, token)
			}
		}
		entry := w.activity()[0]
		if entry.Operation != models.OperationCreate || entry.ActorID != nil || entry.Origin != "command:create_oauth2_token" {
			t.Errorf("activity entry %+v", entry)
		}
		w.notKept(line[1], server.log.String())
	})
}

// TestCreateTokenForDays: a token lives as long as is asked for, within the token policy; without a wish for its default.
func TestCreateTokenForDays(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := newWorld(t, address)
		w.must("create_oauth2_token", "--user", "alice", "--days", "365")
		w.fails("expires: The expiry may be at most 365 days from now.", "create_oauth2_token", "--user", "alice", "--days", "366")
		w.write(func(tx *store.Tx) error {
			return tx.SetTokenPolicy(models.TokenPolicy{Default: 7 * models.Day, Longest: 30 * models.Day})
		})
		w.must("create_oauth2_token", "--user", "alice", "--platform", "controller")
		w.must("create_oauth2_token", "--user", "alice", "--days=30")
		w.fails("expires: The expiry may be at most 30 days from now.", "create_oauth2_token", "--user", "alice", "--days", "31")
		for _, days := range []string{"0", "-1", "365001"} {
			w.usage("argument --days: "+days+" is not a number from 1 to 365000", "create_oauth2_token", "--user", "alice", "--days="+days)
		}
		tokens := w.accessTokens()
		if len(tokens) != 3 {
			t.Fatalf("%d tokens, want 3", len(tokens))
		}
		for n, days := range []int{365, 7, 30} {
			if lives := tokens[n].Expires.Sub(tokens[n].Created).Round(time.Minute); lives != time.Duration(days)*24*time.Hour {
				t.Errorf("token %d lives %v, want %d days", n, lives, days)
			}
		}
	})
}

// notKept fails the test when the token is anywhere but in the hands of who asked for it.
func (w *world) notKept(token, log string) {
	w.t.Helper()
	if strings.Contains(log+fmt.Sprintf("%+v %+v", w.activity(), w.accessTokens()), token) {
		w.t.Errorf("the token is in the log or the database")
	}
	files, err := filepath.Glob(w.db.Path() + "*")
	if err != nil || w.db.Path() == "" {
		return
	}
	for _, file := range files {
		if text, err := os.ReadFile(file); err != nil || bytes.Contains(text, []byte(token)) {
			w.t.Errorf("the token is in %s (%v)", file, err)
		}
	}
}

// TestCase56CreateTokenRefusals is case 56.
func TestCase56CreateTokenRefusals(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := newWorld(t, address)
		external := w.user("ldap", false)
		external.ExternalAccount, external.ExternalSource = "ldap", "Example directory"
		disabled := w.user("disabled", false)
		disabled.IsActive = false
		w.write(func(tx *store.Tx) error {
			if err := tx.UpdateUser(disabled); err != nil {
				return err
			}
			return tx.UpdateUser(external)
		})
		before := len(w.activity())
		supply := "Username not supplied. Usage: create_oauth2_token --user=username."
		w.fails(supply, "create_oauth2_token")
		w.fails(supply, "create_oauth2_token", "--user", "")
		w.fails("The user does not exist.", "create_oauth2_token", "--user", "nobody")
		w.fails("The user does not exist.", "create_oauth2_token", "--user", "ALICE")
		w.fails("The user does not exist.", "create_oauth2_token", "--user=-v")
		w.fails("OAuth2 Tokens cannot be created by users associated with an external authentication provider (Example directory)",
			"create_oauth2_token", "--user", "ldap")
		w.usage("unknown flag: --nope", "create_oauth2_token", "--user", "alice", "--nope")
		w.usage("flag needs an argument: --user", "create_oauth2_token", "--user")
		w.usage("flag needs an argument: --user", "create_oauth2_token", "--user", "--quiet")
		w.usage("unrecognized arguments: alice", "create_oauth2_token", "alice")
		w.usage(`argument --platform: invalid choice: "hub" (choose from 'gateway', 'controller')`, "create_oauth2_token", "--user", "alice", "--platform", "hub")
		if got := w.accessTokens(); len(got) != 0 || len(w.activity()) != before {
			t.Errorf("something was stored: %v", got)
		}
		w.env = append(w.env, "ALLOW_OAUTH2_FOR_EXTERNAL_USERS=true")
		if token := w.must("create_oauth2_token", "--user", "ldap", "--quiet"); !w.works(strings.TrimSpace(token)) {
			t.Error("with the switch an external user gets a token that works")
		}
	})
}

// TestCreateTokenUnread shows that a token which could not be printed does not stay.
func TestCreateTokenUnread(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteAddress(t))
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = full.Close() }()
	code, problems := w.runInto(full, "create_oauth2_token", "--user", "alice")
	if code != 1 || !strings.HasPrefix(problems, "CommandError: the token could not be printed and was deleted again: ") {
		t.Errorf("exit %d: %s", code, problems)
	}
	if got := w.accessTokens(); len(got) != 0 {
		t.Errorf("left behind: %v", got)
	}
}
