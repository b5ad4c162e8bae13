package server

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"gatehouse/models"
	"gatehouse/store"
)

// ErrorCode is an OAuth error code.
type ErrorCode string

// The error codes in use.
const (
	InvalidRequest          ErrorCode = "invalid_request"           // RFC 6749 §5.2
	InvalidClient           ErrorCode = "invalid_client"            // RFC 6749 §5.2
	InvalidGrant            ErrorCode = "invalid_grant"             // RFC 6749 §5.2
	UnauthorizedClient      ErrorCode = "unauthorized_client"       // RFC 6749 §5.2
	UnsupportedGrantType    ErrorCode = "unsupported_grant_type"    // RFC 6749 §5.2
	InvalidScope            ErrorCode = "invalid_scope"             // RFC 6749 §5.2
	InvalidTarget           ErrorCode = "invalid_target"            // RFC 8707 §2
	AccessDenied            ErrorCode = "access_denied"             // RFC 6749 §4.1.2.1
	UnsupportedResponseType ErrorCode = "unsupported_response_type" // RFC 6749 §4.1.2.1
	ServerError             ErrorCode = "server_error"              // RFC 6749 §4.1.2.1
	TemporarilyUnavailable  ErrorCode = "temporarily_unavailable"   // RFC 6749 §4.1.2.1
	AuthorizationPending    ErrorCode = "authorization_pending"     // RFC 8628 §3.5
	SlowDown                ErrorCode = "slow_down"                 // RFC 8628 §3.5
	ExpiredToken            ErrorCode = "expired_token"             // RFC 8628 §3.5
	InvalidToken            ErrorCode = "invalid_token"             // RFC 6750 §3.1
	InsufficientScope       ErrorCode = "insufficient_scope"        // RFC 6750 §3.1
)

// Error is an answer of the OAuth endpoints. Description may be shown; what caused it is only logged.
type Error struct {
	Code        ErrorCode
	Description string
	challenge   string // WWW-Authenticate, where one is due
	legacy      bool   // answer as the originals did: 403 and the description as plain text
	wait        int64  // seconds until the throttle lets more pass, 0 where it is not the cause
	cause       error
}

// Error is the code with its description.
func (e *Error) Error() string { return string(e.Code) + ": " + e.Description }

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.cause }

// Status is the HTTP status of the code.
func (e *Error) Status() int {
	if e.wait > 0 {
		return http.StatusTooManyRequests
	}
	switch e.Code {
	case InvalidClient, InvalidToken:
		return http.StatusUnauthorized
	case InsufficientScope:
		return http.StatusForbidden
	case ServerError:
		return http.StatusInternalServerError
	case TemporarilyUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusBadRequest
	}
}

func invalidRequest(description string) error {
	return &Error{Code: InvalidRequest, Description: description}
}

func invalidGrant(description string) error {
	return &Error{Code: InvalidGrant, Description: description}
}

// protocolError turns what an operation returned into an OAuth error: what is not one already and is not the caller's doing becomes
// server_error, or temporarily_unavailable when the database is not there.
func protocolError(err error) *Error {
	var known *Error
	var denied *models.Denied
	var throttled *Throttled
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &throttled):
		return &Error{Code: TemporarilyUnavailable, Description: "Too many requests of this kind. Try again later.", wait: throttled.Seconds}
	case errors.As(err, &denied):
		return &Error{Code: AccessDenied, Description: denied.Error()}
	case Unavailable(err):
		return &Error{Code: TemporarilyUnavailable, Description: "The server cannot answer right now. Try again shortly.", cause: err}
	default:
		return &Error{Code: ServerError, Description: "The server could not answer.", cause: err}
	}
}

// Unavailable reports whether err says that the database, or the time to answer, is not there: worth another try.
func Unavailable(err error) bool {
	return errors.Is(err, store.ErrUnavailable) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// retryAfter is what a caller is told to wait when the server is unavailable, in seconds.
const retryAfter = 5

// writeError answers with an error (RFC 6749 §5.2) and logs it once where it is not the caller's doing.
func (s *Server) writeError(w http.ResponseWriter, r *http.Request, err error) {
	problem := protocolError(err)
	if problem.cause != nil {
		s.log.ErrorContext(r.Context(), "oauth request failed", "path", r.URL.Path, "code", problem.Code, "error", problem.cause)
	}
	if problem.Code == TemporarilyUnavailable {
		w.Header().Set("Retry-After", strconv.FormatInt(cmp.Or(problem.wait, retryAfter), 10))
	}
	if problem.challenge != "" {
		w.Header().Set("WWW-Authenticate", problem.challenge)
	}
	if problem.legacy && s.options.LegacyRefreshExpired {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(problem.legacyText())) // #nosec G705 -- it is plain text and says so
		return
	}
	writeJSON(w, problem.Status(), struct {
		Error       ErrorCode `json:"error"`
		Description string    `json:"error_description,omitempty"`
	}{problem.Code, problem.Description})
}

// legacyText is the plain text that the originals answered with.
func (e *Error) legacyText() string {
	if e.Code == AccessDenied {
		return "(access_denied) " + e.Description
	}
	return e.Description
}

// writeJSON answers with a body that nobody may keep (RFC 6749 §5.1).
func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may be gone; what it asked for is done
}
