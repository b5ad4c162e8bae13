// Command floor is the least program that does the durable work of Gatehouse: it writes the rows that Gatehouse writes, in the database that
// Gatehouse made, as safely, and gives the same answers, by net/http and the drivers alone. What it takes for a request is the limit that
// command bench measures Gatehouse against.
//
// It is not for use. It serves tokens of confidential clients by client_credentials and refresh_token, introspection of access tokens and one
// token of the gateway's API, and nothing else: no throttling, no repeated refresh, no revocation of reused families, no resources, no
// notes of when tokens were used, no counts of lists on SQLite (PostgreSQL's triggers keep them). Clients are read when it starts.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"time"
)

// options say how the program does what can be done in several ways.
type options struct {
	address string // of the database: sqlite:PATH or postgres://…
	issuer  string
	batched bool // changes that come at once share a commit
	held    bool // introspection answers from memory
	now     func() time.Time
}

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200) // as Gatehouse
	}
	o := options{now: time.Now}
	listen := flag.String("listen", "127.0.0.1:8081", "where to listen")
	flag.StringVar(&o.address, "database", "", "a database that Gatehouse has migrated: sqlite:PATH or postgres://…")
	flag.StringVar(&o.issuer, "issuer", "http://localhost:8080", "the issuer that introspection names")
	flag.BoolVar(&o.batched, "batched", false, "changes that come at once share a commit; otherwise each has its own")
	flag.BoolVar(&o.held, "held", false, "introspection answers from memory, not from the database")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := serve(ctx, *listen, o); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

func serve(ctx context.Context, listen string, o options) error {
	f, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer f.db.close()
	server := &http.Server{Addr: listen, Handler: f.handler(), ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// floor is the program with its database.
type floor struct {
	options
	db      database
	clients map[string]*client
	known   *known // nil: introspection asks the database
}

// database is PostgreSQL or SQLite. Both understand the same questions, with $1 for the first argument.
type database interface {
	// issue stores a new access token with its activity entry; it returns when that is durable, as rotate does.
	issue(ctx context.Context, i *issuance) error
	// rotate replaces a refresh token and its access token, and fills in the scope; errRefused when it cannot be used.
	rotate(ctx context.Context, r *rotation) error
	one(ctx context.Context, question string, args ...any) row
	each(ctx context.Context, question string, scan func(row) error) error
	close()
}

// row is one that was found; its Scan returns errNone otherwise.
type row interface{ Scan(into ...any) error }

var (
	errRefused = errors.New("the refresh token is invalid")
	errNone    = errors.New("no such row")
)

// open connects to the database and reads what is held in memory.
func open(ctx context.Context, o options) (*floor, error) {
	f := &floor{options: o}
	var err error
	if path, ok := strings.CutPrefix(o.address, "sqlite:"); ok {
		f.db, err = openSQLite(ctx, path, o.batched)
	} else {
		f.db, err = openPostgres(ctx, o.address, o.batched)
	}
	if err != nil {
		return nil, err
	}
	f.clients, err = readClients(ctx, f.db)
	if err == nil && o.held {
		f.known, err = f.readKnown(ctx)
	}
	if err != nil {
		f.db.close()
		return nil, err
	}
	return f, nil
}
