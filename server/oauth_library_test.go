package server_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// The library that dispatches grants has faults of its own; each of these tests shows that we do not have one of them (ADR 0001).

func TestLibraryFaultForeignRefresh(t *testing.T) { // it never asks which client a refresh token belongs to, nor for its secret
	onBed(t, func(t *testing.T, b *bed) {
		token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		b.unchanged(t, func() {
			b.token(refreshGrant(token.refresh), by(b.native)).refused(t, 400, server.InvalidGrant, refreshInvalid)
			b.token(refreshGrant(token.refresh), identified(b.web.ClientID)).refused(t, 401, server.InvalidClient, clientFailed)
		})
	})
}

func TestLibraryFaultWiderScope(t *testing.T) { // it refreshes to whatever scope is asked
	onBed(t, func(t *testing.T, b *bed) {
		token := b.token(passwordGrant("scope", "read"), by(b.web)).succeeded(t, "read", true)
		b.unchanged(t, func() {
			b.token(refreshGrant(token.refresh, "scope", "write"), by(b.web)).refused(t, 400, server.InvalidScope,
				"The requested scope exceeds the scope of the refresh token.")
		})
	})
}

func TestLibraryFaultRedirectSuffix(t *testing.T) { // it takes any host that ends in the registered one
	onBed(t, func(t *testing.T, b *bed) {
		_, err := b.ParseAuthorization(t.Context(), authorization(b.web, "redirect_uri", "https://evil-client.example.org/callback"))
		forPage(t, err, 400, server.InvalidRequest, "Mismatching redirect URI.")
	})
}

func TestLibraryFaultOpenRedirect(t *testing.T) { // it sends errors to addresses that nobody has registered
	onBed(t, func(t *testing.T, b *bed) {
		for _, client := range []string{b.web.ClientID, "unknown", ""} {
			_, err := b.ParseAuthorization(t.Context(), authorization(b.web, "client_id", client, "redirect_uri", "https://evil.example/", "scope", "x"))
			var refused *server.RefusedAuthorization
			if err == nil || errors.As(err, &refused) {
				t.Errorf("client %q: %v, want a page", client, err)
			}
		}
	})
}

func TestLibraryFaultCodeTwice(t *testing.T) { // it reads a code and deletes it in two steps
	onBed(t, func(t *testing.T, b *bed) {
		request := redemption(b.web, b.code(t, b.web, b.alice))
		b.token(request, by(b.web)).succeeded(t, "read write", true)
		b.token(request, by(b.web)).refused(t, 400, server.InvalidGrant, "The authorization code is invalid.")
	})
}

func TestLibraryFaultGrantsOn(t *testing.T) { // implicit and password grants are on unless somebody switches them off
	onBed(t, func(t *testing.T, b *bed) {
		_, err := b.ParseAuthorization(t.Context(), authorization(b.web, "response_type", "token"))
		if got := sentBack(t, err).Get("error"); got != "unsupported_response_type" {
			t.Errorf("response_type=token: %q", got)
		}
		b.token(passwordGrant(), by(b.native)).refused(t, 400, server.UnauthorizedClient, "This client may not use this grant type.")
	})
}

func TestLibraryFaultPlainPKCE(t *testing.T) { // PKCE is optional for everybody and plain where no method is named
	onBed(t, func(t *testing.T, b *bed) {
		for _, changes := range [][]string{{"code_challenge", "", "code_challenge_method", ""}, {"code_challenge_method", ""},
			{"code_challenge", codeVerifier, "code_challenge_method", "plain"}} {
			_, err := b.ParseAuthorization(t.Context(), authorization(b.native, changes...))
			if got := sentBack(t, err).Get("error"); got != "invalid_request" {
				t.Errorf("%q: %q, want invalid_request", changes, got)
			}
		}
	})
}

func TestLibraryFaultServerErrors(t *testing.T) { // a missing verifier and an unknown client are its own failures
	onBed(t, func(t *testing.T, b *bed) {
		request := redemption(b.web, b.code(t, b.web, b.alice))
		b.token(with(request, "code_verifier", ""), by(b.web)).refused(t, 400, server.InvalidGrant,
			"The code_verifier does not belong to the code_challenge of the authorization request.")
		b.token(request, basic("unknown:secret")).refused(t, 401, server.InvalidClient, clientFailed)
	})
}

func TestLibraryFaultStatuses(t *testing.T) { // it answers 401 to what RFC 6749 §5.2 wants 400 for
	onBed(t, func(t *testing.T, b *bed) {
		for code, request := range map[string]url.Values{"invalid_grant": refreshGrant("unknown"), "unsupported_grant_type": form("grant_type", "x"),
			"invalid_request": form("grant_type", "refresh_token"), "invalid_scope": passwordGrant("scope", "x")} {
			if a := b.token(request, by(b.web)); a.Code != 400 || a.body["error"] != code {
				t.Errorf("%d %s, want 400 %s", a.Code, a.text, code)
			}
		}
		b.token(passwordGrant(), by(b.native)).refused(t, 400, server.UnauthorizedClient, "This client may not use this grant type.")
	})
}

func TestLibraryFaultTokenFormat(t *testing.T) { // its tokens are upper-cased UUIDs, hashed and encoded
	onBed(t, func(t *testing.T, b *bed) {
		seen := map[string]bool{}
		for range 50 {
			token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
			for _, value := range []string{token.access, token.refresh} {
				if seen[value] || strings.ToUpper(value) == value {
					t.Errorf("%q came before, or has one case only", value)
				}
				seen[value] = true
			}
		}
	})
}

func TestLibraryFaultClearText(t *testing.T) { // it stores tokens and secrets as they are
	onBed(t, func(t *testing.T, b *bed) {
		token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		for table, rows := range b.rows(t) {
			for _, secret := range []string{token.access, token.refresh, b.web.Secret} {
				if strings.Contains(strings.Join(rows, "\n"), secret) {
					t.Errorf("table %s holds a secret", table)
				}
			}
		}
		digest := models.SecretOf(token.access).Digest()
		if row, err := b.db.Read(t.Context()).AccessTokenByDigest(digest); err != nil || row.Hint != token.access[:4] {
			t.Errorf("kept as %+v, %v", row, err)
		}
	})
}

func TestLibraryFaultBearerInQuery(t *testing.T) { // it takes an access token out of the address
	onBed(t, func(t *testing.T, b *bed) {
		admin := b.personal(t, b.admin, models.FaceGateway, "read")
		b.send(b.ServeIntrospection(), "/o/introspect/?access_token="+admin, form("token", admin).Encode()).
			refused(t, 400, server.InvalidRequest, "Parameters belong into the body of the request, not into the query.")
		b.introspect(form("token", admin, "access_token", admin)).refused(t, 401, server.InvalidClient, clientFailed)
	})
}

func TestLibraryFaultComparison(t *testing.T) { // it compares secrets with ==, which tells how much of a guess is right
	files, err := filepath.Glob("../*/*.go")
	check(t, err)
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		check(t, err)
		ast.Inspect(file, func(node ast.Node) bool {
			compared, ok := node.(*ast.BinaryExpr)
			if !ok || compared.Op != token.EQL && compared.Op != token.NEQ || strings.HasSuffix(name, "_test.go") {
				return true
			}
			_, literal := compared.Y.(*ast.BasicLit) // as for "is it empty?"
			for _, side := range []ast.Expr{compared.X, compared.Y} {
				if secret := secretIn(side); secret != "" && !literal {
					t.Errorf("%s compares %s with %s", name, secret, compared.Op)
				}
			}
			return true
		})
	}
}

// secretIn names the secret or digest that an expression is, "" when it is none.
func secretIn(side ast.Expr) string {
	if call, ok := side.(*ast.CallExpr); ok {
		side = call.Fun
	}
	if selected, ok := side.(*ast.SelectorExpr); ok && slices.Contains([]string{"Reveal", "Digest"}, selected.Sel.Name) {
		return selected.Sel.Name
	}
	return ""
}

// TestLibraryFaultLostWrite: it issues in several steps, so that a failure between them leaves a part. Ours are one.
func TestLibraryFaultLostWrite(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		pair := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		code := redemption(b.web, b.code(t, b.web, b.alice))
		requests := []url.Values{refreshGrant(pair.refresh), code, passwordGrant(), form("grant_type", "client_credentials")}
		b.failActivity(t)
		b.unchanged(t, func() {
			for _, request := range requests {
				b.token(request, by(b.web)).refused(t, 500, server.ServerError, "The server could not answer.")
			}
		})
		b.mendActivity(t)
		for _, request := range requests {
			if a := b.token(request, by(b.web)); a.Code != 200 {
				t.Errorf("afterwards: %d %s", a.Code, a.text)
			}
		}
	})
}

// failActivity makes the last statement of every change fail: the one that writes its entry.
func (b *bed) failActivity(t testing.TB) {
	t.Helper()
	statements := []string{`CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'fails'; END $$`,
		`CREATE TRIGGER fails BEFORE INSERT ON activity EXECUTE FUNCTION fail()`}
	if b.db.Dialect() == store.SQLite {
		statements = []string{`CREATE TRIGGER fails BEFORE INSERT ON activity BEGIN SELECT RAISE(ABORT, 'fails'); END`}
	}
	for _, statement := range statements {
		_, err := b.tables.ExecContext(t.Context(), statement)
		check(t, err)
	}
}

func (b *bed) mendActivity(t testing.TB) {
	t.Helper()
	statement := `DROP TRIGGER fails ON activity`
	if b.db.Dialect() == store.SQLite {
		statement = `DROP TRIGGER fails`
	}
	_, err := b.tables.ExecContext(t.Context(), statement)
	check(t, err)
}
