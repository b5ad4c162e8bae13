package manage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/web"
)

// collectAt is GOGC for a server, unless it is set: what is kept is some megabytes, so that by Go's own 100 an eighth of the processor collected garbage under
// load. GOMEMLIMIT bounds it as ever.
const collectAt = 200

func (p *program) serve() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: "Brings the database up to date and serves the console, the APIs and the OAuth endpoints until SIGTERM or SIGINT, after which\n" +
			"requests under way are completed. The log goes to standard error: text on a terminal, JSON elsewhere.\n\n" +
			"While there is no administrator, a terminal shows a link that works once to make the first one; without a terminal its code is\n" +
			"put into a file that only its owner can read, and the log says where.\n\n" +
			"It is set up by environment variables, or by a file that GATEHOUSE_CONFIG names. `gatehouse settings` lists them.",
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			if os.Getenv("GOGC") == "" {
				debug.SetGCPercent(collectAt)
			}
			err := p.listenAndServe(command.Context())
			if errors.Is(err, context.Canceled) && command.Context().Err() != nil {
				return nil // asked to stop before it had started
			}
			return err
		},
	}
}

// listenAndServe takes the port before it touches the database: a second server by mistake makes no file, and leaves the first one's setup
// code alone.
func (p *program) listenAndServe(ctx context.Context) error {
	set, err := loadSettings(p.environment)
	if err != nil {
		return err
	}
	listener, err := listen(ctx, set.listen)
	if err != nil {
		return err
	}
	defer func() { _ = listener.Close() }()
	return withOpen(ctx, set, true, 0, func(ctx context.Context, db *store.Store) error { return p.runServer(ctx, set, db, listener) })
}

// runServer serves on an open database until ctx ends.
func (p *program) runServer(ctx context.Context, set *settings, db *store.Store, listener net.Listener) error {
	log := newLog(p.stderr)
	applied, err := migrate(ctx, db)
	if err != nil {
		return err
	}
	if len(applied) > 0 {
		log.Info("database brought up to date", "migrations", applied)
	}
	set.server.Log, set.server.CollectUses = log, true
	s, err := newServer(set, db)
	if err != nil {
		return err
	}
	handler, err := web.New(web.Options{Server: s, BasicEnabled: set.basicEnabled, TrustedProxies: set.trustedProxies,
		DefaultPageSize: set.defaultPageSize, MaxPageSize: set.maxPageSize, Version: p.version,
		ProductName: set.productName, ProductVersion: set.productVersion, Log: log, Ready: db.Ping})
	if err != nil {
		return fmt.Errorf("cannot prepare the pages: %w", err)
	}
	setup, err := p.prepareSetup(ctx, set, s, log)
	if err != nil {
		return err
	}
	log.Info("serving", "version", p.version, "address", listener.Addr().String(), "url", set.server.Issuer, "database", redactURL(set.databaseURL))
	warnOfPort(log, set.server.Issuer, listener.Addr())
	defer s.StopTasks()
	defer storeLastUses(ctx, s, log)
	defer inBackground(ctx, setup.forget, func(ctx context.Context) { autoClear(ctx, set.autoClear, s, log) },
		func(ctx context.Context) { s.KeepStoringUses(ctx, usesStored) })()
	return serveHTTP(ctx, listener, handler, log)
}

// usesStored is how often it is stored when tokens were used: what a crash loses of it.
const usesStored = 10 * time.Second

// storeLastUses stores what was noted up to the last request.
func storeLastUses(ctx context.Context, s *server.Server, log *slog.Logger) {
	if err := s.StoreUses(context.WithoutCancel(ctx)); err != nil {
		log.Warn("last uses of tokens were not stored", "error", err)
	}
}

// warnOfPort tells when the public URL is this machine, but another port: then the setup link leads nowhere, unless something forwards.
func warnOfPort(log *slog.Logger, issuer string, at net.Addr) {
	public, err := url.Parse(issuer)
	_, port, split := net.SplitHostPort(at.String())
	if err == nil && split == nil && public.Hostname() == "localhost" && public.Port() != port {
		log.Warn("the public URL names another port than the one served: set "+keyPublicURL+" to what people and clients use",
			"url", issuer, "address", at.String())
	}
}

// inBackground starts jobs that run until ctx ends, and returns how to wait for them.
func inBackground(ctx context.Context, jobs ...func(context.Context)) (wait func()) {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	for _, job := range jobs {
		running.Go(func() { job(ctx) })
	}
	return func() {
		cancel()
		running.Wait()
	}
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		var call *os.SyscallError
		if errors.As(err, &call) {
			err = call.Err
		}
		return nil, fmt.Errorf("cannot listen on %s: %w. %s names another address", address, err, keyListen)
	}
	return listener, nil
}

// newLog writes text for people at a terminal, JSON for collectors.
func newLog(to *os.File) *slog.Logger {
	if isTerminal(to) {
		return slog.New(slog.NewTextHandler(to, nil))
	}
	return slog.New(slog.NewJSONHandler(to, nil))
}

func isTerminal(file *os.File) bool { return term.IsTerminal(int(file.Fd())) }
