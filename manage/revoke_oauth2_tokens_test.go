package manage

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/store/storetest"
)

// pairs are application tokens with their refresh tokens, and personal tokens, of one user.
type pairs struct {
	access, refresh, personal []models.Secret
}

// give makes two personal tokens, one of them expired, and two application tokens with refresh tokens, one of each platform.
func (w *world) give(user *models.User, applications map[models.Platform]*models.Application) pairs {
	var made pairs
	for _, lifetime := range []time.Duration{time.Hour, -time.Hour} {
		access, _ := w.token(tokenSpec{user: user, lifetime: lifetime})
		made.personal = append(made.personal, access)
	}
	for _, platform := range []models.Platform{models.Gateway, models.Controller} {
		access, refresh := w.token(tokenSpec{user: user, application: applications[platform], lifetime: time.Hour, refresh: true})
		made.access, made.refresh = append(made.access, access), append(made.refresh, refresh)
	}
	return made
}

// left counts how many of the access tokens are there, and how many of the refresh tokens are not revoked; a row that is gone fails.
func (w *world) left(p pairs) (access, unrevoked int) {
	w.t.Helper()
	for _, secret := range slices.Concat(p.personal, p.access) {
		if _, err := w.db.Read(w.t.Context()).AccessTokenByDigest(secret.Digest()); err == nil {
			access++
		}
	}
	for _, secret := range p.refresh {
		token, err := w.db.Read(w.t.Context()).RefreshTokenByDigest(secret.Digest())
		if err != nil {
			w.t.Fatal(err)
		}
		if token.Revoked == nil {
			unrevoked++
		}
	}
	return access, unrevoked
}

func (w *world) expectLeft(what string, p pairs, access, unrevoked int) {
	w.t.Helper()
	if gotAccess, gotUnrevoked := w.left(p); gotAccess != access || gotUnrevoked != unrevoked {
		w.t.Errorf("%s: %d access tokens and %d unrevoked refresh tokens, want %d and %d", what, gotAccess, gotUnrevoked, access, unrevoked)
	}
}

// revoked is the line that the command prints for a token.
func revoked(class string, id int64, secret models.Secret) string {
	return fmt.Sprintf("revoked %s %d %s…\n", class, id, secret.Reveal()[:4])
}

// TestCase57RevokeTokens is case 57.
func TestCase57RevokeTokens(t *testing.T) {
	t.Parallel()
	for _, option := range []string{"--revoke_refresh", "--all"} {
		t.Run(option, func(t *testing.T) {
			t.Parallel()
			storetest.EachURL(t, func(t *testing.T, address string) {
				w := newWorld(t, address)
				applications := w.applications()
				admins, alices := w.give(w.admin, applications), w.give(w.alice, applications)
				entries := len(w.activity())
				want := ""
				for n, secret := range slices.Concat(admins.personal, admins.access, alices.personal, alices.access) {
					want += revoked("OAuth2AccessToken", int64(n+1), secret)
				}
				w.prints(want, "revoke_oauth2_tokens")
				w.expectLeft("admin", admins, 0, 2)
				w.expectLeft("alice", alices, 0, 2)
				want = ""
				for n, secret := range slices.Concat(admins.refresh, alices.refresh) {
					want += revoked([]string{"OAuth2RefreshToken", "RefreshToken"}[n%2], int64(n+1), secret)
				}
				w.prints(want, "revoke_oauth2_tokens", option)
				w.expectLeft("admin", admins, 0, 0)
				w.expectLeft("alice", alices, 0, 0)
				w.prints("", "revoke_oauth2_tokens", option)
				if got := len(w.activity()) - entries; got != 8+4+2 {
					t.Errorf("%d activity entries, want one for each of 8 access and 4 refresh tokens and of the runs that did something", got)
				}
			})
		})
	}
}

// TestCase58RevokeTokensOfUser is case 58, beside a running server.
func TestCase58RevokeTokensOfUser(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, address string) {
		w := newWorld(t, address)
		applications := w.applications()
		admins, alices := w.give(w.admin, applications), w.give(w.alice, applications)
		w.serve()
		w.prints(revoked("OAuth2AccessToken", 1, admins.personal[0])+revoked("OAuth2AccessToken", 2, admins.personal[1])+
			revoked("OAuth2AccessToken", 3, admins.access[0])+revoked("OAuth2AccessToken", 4, admins.access[1]),
			"revoke_oauth2_tokens", "--user", "admin")
		w.expectLeft("admin", admins, 0, 2)
		w.expectLeft("alice", alices, 4, 2)
		w.prints(revoked("OAuth2RefreshToken", 1, admins.refresh[0])+revoked("RefreshToken", 2, admins.refresh[1]),
			"revoke_oauth2_tokens", "--user=admin", "--all")
		w.expectLeft("admin, with --all", admins, 0, 0)
		w.expectLeft("alice, with --all", alices, 4, 2)
		for _, name := range []string{"nobody", "", "ALICE"} {
			w.fails("A user with that username does not exist.", "revoke_oauth2_tokens", "--user", name)
		}
		w.expectLeft("alice, after the refusals", alices, 4, 2)
		w.prints(revoked("OAuth2RefreshToken", 3, alices.refresh[0])+revoked("OAuth2AccessToken", 7, alices.access[0])+
			revoked("OAuth2AccessToken", 5, alices.personal[0])+revoked("OAuth2AccessToken", 6, alices.personal[1]),
			"revoke_oauth2_tokens", "--user", "alice", "--revoke_refresh", "--platform", "gateway")
		w.expectLeft("alice, of the gateway", alices, 1, 1)
		entry := w.activity()[0]
		if entry.Origin != "command:revoke_oauth2_tokens" || entry.ActorID != nil || entry.Operation != models.OperationDelete {
			t.Errorf("activity entry %+v", entry)
		}
		w.usage(`argument --platform: invalid choice: "hub" (choose from 'gateway', 'controller')`, "revoke_oauth2_tokens", "--platform", "hub")
	})
}

// TestRevokeTokensUnread shows that revoking is completed although nobody can read what is revoked.
func TestRevokeTokensUnread(t *testing.T) {
	t.Parallel()
	w := newWorld(t, sqliteAddress(t))
	made := w.give(w.alice, w.applications())
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = read.Close()
	defer func() { _ = write.Close() }()
	code, problems := w.runInto(write, "revoke_oauth2_tokens", "--all")
	if code != 1 || !strings.Contains(problems, "broken pipe") {
		t.Errorf("exit %d: %s", code, problems)
	}
	w.expectLeft("alice", made, 0, 0)
}
