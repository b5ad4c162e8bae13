// Package server is the authorization server: everything that decides. It holds the operations on tokens, applications, users and
// organizations that the API, the console and the command line share, and the OAuth endpoints for machines (RFC 6749, 6750, 7009,
// 7636, 7662, 8414, 8628, 9207). It knows no page and no REST resource; those are package web.
//
// An operation asks models.Policy who may do it, then changes the store and writes the activity entry in one store.Write. It
// returns *models.Denied, models.Invalid, *store.QueryError or an error of package store; the OAuth endpoints turn what
// concerns them into an *Error (RFC 6749 §5.2).
package server

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"time"

	"gatehouse/models"
	"gatehouse/store"
)

// Lifetimes are whole seconds: added to a time they reach any year, as a time.Duration they would overflow after 292 years.
type Lifetimes struct {
	AccessToken       int64
	RefreshToken      int64
	AuthorizationCode int64
	DeviceCode        int64
	Session           int64
	RefreshGrace      int64 // how long a used refresh token may come again and be answered
	RefreshAbsolute   int64 // how long a family of refresh tokens lives, however often it is renewed; at least RefreshToken
}

// Options say how a Server behaves. Store and Issuer are required.
type Options struct {
	Store                *store.Store
	Issuer               string // the public URL: scheme and host, no path (RFC 8414 §2)
	Policy               models.Policy
	TokenFormat          models.TokenFormat
	Lifetimes            Lifetimes
	Limits               Limits
	SessionsPerUser      int  // the oldest sessions above it end at sign-in; below 1: no limit
	AllowHTTPRedirects   bool // register plain http redirect URIs on the gateway
	LegacyRefreshExpired bool // answer an expired refresh token and an external user as the originals did: 403 and plain text
	TokenEndpointStatus  int  // of a success at the gateway's root: 200, or 201 for clients of the original
	ClearBatchSize       int  // rows deleted in one transaction
	ClearInterval        time.Duration
	CollectUses          bool // keep in memory when tokens were used, until StoreUses; otherwise it is stored with the request
	Log                  *slog.Logger
}

// DefaultLifetimes are those of the platform contract (§5).
func DefaultLifetimes() Lifetimes {
	return Lifetimes{AccessToken: 31_536_000, RefreshToken: 2_628_000, AuthorizationCode: 60, DeviceCode: 600, Session: 1800, RefreshGrace: 10,
		RefreshAbsolute: 31_536_000}
}

// Server is the authorization server. It holds no state that another server on the same database would need.
type Server struct {
	options   Options
	store     *store.Store
	policy    models.Policy
	lifetimes Lifetimes
	passwords *passwordGate
	foreign   foreignLeft
	origins   *http.CrossOriginProtection
	userCode  func() models.Secret // draws a user code
	log       *slog.Logger
	tasks     tasks // of this server; what they did is in the activity stream
	uses      uses
}

// New makes a Server. What Options leaves zero takes its default, the Policy aside.
func New(options Options) (*Server, error) {
	if options.Store == nil || options.Issuer == "" {
		return nil, fmt.Errorf("server: a store and an issuer are needed")
	}
	if options.Lifetimes == (Lifetimes{}) {
		options.Lifetimes = DefaultLifetimes()
	}
	options.Lifetimes.RefreshAbsolute = max(options.Lifetimes.RefreshAbsolute, options.Lifetimes.RefreshToken)
	if options.Limits == (Limits{}) {
		options.Limits = DefaultLimits()
	}
	if options.TokenEndpointStatus == 0 {
		options.TokenEndpointStatus = 200
	}
	if options.ClearBatchSize == 0 {
		options.ClearBatchSize = 10_000
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	options.Policy.Issuer = options.Issuer
	origins := http.NewCrossOriginProtection()
	if err := origins.AddTrustedOrigin(options.Issuer); err != nil {
		return nil, fmt.Errorf("server: the public URL is no origin: %w", err)
	}
	gate, err := newPasswordGate(runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, err
	}
	return &Server{options: options, store: options.Store, policy: options.Policy, lifetimes: options.Lifetimes, passwords: gate, origins: origins,
		userCode: models.NewUserCode, log: options.Log}, nil
}

// Issuer is the public URL, without a slash at its end.
func (s *Server) Issuer() string { return s.options.Issuer }

// Policy is the policy in force, for faces that show or hide what somebody may do.
func (s *Server) Policy() models.Policy { return s.policy }

// Lifetimes are the lifetimes in force.
func (s *Server) Lifetimes() Lifetimes { return s.lifetimes }

// Now is the server's time, UTC.
func (s *Server) Now() time.Time { return s.store.Now() }

// after adds whole seconds to a time, for years beyond the reach of a time.Duration.
func after(t time.Time, seconds int64) time.Time {
	return time.Unix(t.Unix()+seconds, int64(t.Nanosecond())).UTC()
}
