package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"strings"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// stock is what two servers whose databases begin alike both know.
type stock struct {
	client  credentials
	bearer  string   // a token of the superuser
	shown   int64    // the id of a token
	tokens  []string // of the client, each the first of a family with a refresh token
	refresh []string // refresh tokens of the superuser
}

const (
	stocked = 40_000 // tokens that there are before anything is measured,
	kept    = 10_000 // of which Gatehouse keeps as many that were presented
)

// fill registers a client and makes what the workloads use, through the running program, so that it is as the program makes it.
func (s *stock) fill(ctx context.Context, p *process, chains int) (err error) {
	if s.client, err = p.register(ctx); err != nil {
		return err
	}
	for n := range chains + 1 {
		pair, err := fetch(post(p.url+"/o/token/", s.client, form("grant_type", "password", "username", "admin", "password", p.password)))
		if err != nil {
			return err
		}
		if n == chains {
			s.bearer = pair.AccessToken
		} else {
			s.refresh = append(s.refresh, pair.RefreshToken)
		}
	}
	return nil
}

// sourceOf is what database/sql opens the address of a database by.
func sourceOf(address string) (driver, source string) {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		return "sqlite", "file:" + path
	}
	return "pgx", address
}

const addStock = `WITH stock (digest, n) AS (VALUES {rows}) INSERT INTO access_tokens (digest, hint, application_id, scope, description, expires,
		last_used_address, platform, family_id, audience, created, modified)
	SELECT digest, 'stoc', id, 'read', '', {later}, '', 'gateway', 'stock-' || n, '', created, created FROM stock CROSS JOIN applications WHERE id = {client}`

// store adds the many tokens by SQL, and leaves the database as it would be after a night.
func (s *stock) store(ctx context.Context, address string) error {
	driver, source := sourceOf(address)
	digest, later, finish := `'\x%x'::bytea`, "created + interval '300 days'", []string{"VACUUM ANALYZE", "CHECKPOINT"}
	if driver == "sqlite" {
		digest, finish = "x'%x'", []string{"PRAGMA wal_checkpoint(TRUNCATE)"}
		later = "created + 300 * 86400000000"
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	const each = 500
	for first := 0; first < stocked; first += each {
		var rows []string
		for n := first; n < first+each; n++ {
			text := fmt.Sprintf("stock%025d", n)
			s.tokens = append(s.tokens, text)
			rows = append(rows, fmt.Sprintf("("+digest+", %d)", sha256.Sum256([]byte(text)), n))
		}
		statement := strings.NewReplacer("{rows}", strings.Join(rows, ", "), "{later}", later, "{client}", fmt.Sprint(s.client.Number)).Replace(addStock)
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	finish = append([]string{`INSERT INTO refresh_tokens (digest, hint, application_id, access_token_id, scope, audience, platform, family_id, created, expires, reason)
		SELECT digest, hint, application_id, id, scope, audience, platform, family_id, created, expires, '' FROM access_tokens WHERE hint = 'stoc'`}, finish...)
	for _, statement := range finish {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%w: %s", err, statement)
		}
	}
	return db.QueryRowContext(ctx, "SELECT max(id) FROM access_tokens WHERE hint = 'stoc'").Scan(&s.shown)
}

// copyDatabase makes a database like one that nobody has open; drop removes it.
func copyDatabase(ctx context.Context, address, name string) (copied string, drop func(), err error) {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok {
		content, err := os.ReadFile(path) // #nosec G304 -- made by this program
		if err != nil {
			return "", nil, err
		}
		copied := strings.TrimSuffix(path, ".db") + "-" + name + ".db"
		return "sqlite:" + copied, func() {}, os.WriteFile(copied, content, 0o600) // #nosec G703 -- beside it
	}
	original := address[strings.LastIndex(address, "/")+1:]
	original, _, _ = strings.Cut(original, "?")
	return postgresDatabase(ctx, original+"_"+name, original)
}

// asked are the workloads of one server. Each has its own refresh tokens: they are spent in its database alone.
func (s *stock) asked(base string) map[string]workload {
	issue := post(base+"/o/token/", s.client, form("grant_type", "client_credentials", "scope", "read"))
	show := vegeta.Target{Method: "GET", URL: fmt.Sprintf("%s/api/gateway/v1/tokens/%d/", base, s.shown), Header: map[string][]string{"Authorization": {"Bearer " + s.bearer}}}
	introspections := make([]vegeta.Target, 0, len(s.tokens))
	for _, token := range s.tokens {
		introspections = append(introspections, post(base+"/o/introspect/", s.client, form("token", token)))
	}
	refresh := make(chan string, len(s.refresh))
	for _, token := range s.refresh {
		refresh <- token
	}
	ignored := func([]byte) {}
	all := map[string]workload{
		issuing:      {next: always(issue), answered: ignored},
		alone:        {next: always(issue), answered: ignored},
		introspected: {next: always(introspections[0]), answered: ignored},
		inTurn:       {next: turns(introspections[:kept]), answered: ignored, first: kept},
		tooMany:      {next: turns(introspections), answered: ignored},
		showing:      {next: always(show), answered: ignored},
		rotating: {next: func() (vegeta.Target, error) {
			return post(base+"/o/token/", s.client, form("grant_type", "refresh_token", "refresh_token", <-refresh)), nil
		}, answered: func(body []byte) { keep(refresh, tokensIn(body).RefreshToken) }},
	}
	for name, w := range all {
		w.name = name
		all[name] = w
	}
	return all
}
