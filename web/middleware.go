package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
)

const (
	bodyLimit   = 1 << 20          // bytes of a request that are read at most; the OAuth endpoints read less
	answerLimit = 30 * time.Second // after which a request is answered 503
)

// identifyRequest gives the request an id of our own: one from outside would end up in the log.
func (*web) identifyRequest(c *gin.Context) { c.Header("X-Request-ID", models.RandomText(20)) }

// logAccess writes a line for each request, also one whose answer is cut short, without query strings and bodies: they hold codes and secrets.
func (w *web) logAccess(c *gin.Context) {
	defer w.logAnswer(c, time.Now())
	c.Next()
}

func (w *web) logAnswer(c *gin.Context, started time.Time) {
	actor, level := server.ActorFrom(c.Request.Context()), slog.LevelInfo
	if strings.HasPrefix(c.Request.URL.Path, "/healthz/") {
		level = slog.LevelDebug
	}
	w.log.Log(c.Request.Context(), level, "request",
		"request_id", c.Writer.Header().Get("X-Request-ID"), "method", c.Request.Method, "path", c.Request.URL.Path,
		"status", c.Writer.Status(), "bytes", max(c.Writer.Size(), 0), "milliseconds", time.Since(started).Milliseconds(),
		"address", actor.Address, "user", actor.ID())
}

// recoverPanic answers 500 in the shape of the face and logs once, with the stack.
func (w *web) recoverPanic(c *gin.Context) {
	defer func() {
		cause := recover()
		if cause == nil {
			return
		}
		if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(cause) // the way to cut an answer short
		}
		w.log.ErrorContext(c.Request.Context(), "panic", "request_id", c.Writer.Header().Get("X-Request-ID"),
			"path", c.Request.URL.Path, "panic", cause, "stack", string(debug.Stack()))
		if c.Writer.Written() {
			panic(http.ErrAbortHandler) // the client must not take half an answer for a whole one
		}
		w.problem(c, http.StatusInternalServerError)
	}()
	c.Next()
}

// limit bounds what a request may send and how long it may take.
func (w *web) limit(c *gin.Context) {
	if !w.long[strings.TrimSuffix(c.FullPath(), "/")] {
		ctx, cancel := context.WithTimeout(c.Request.Context(), answerLimit)
		defer cancel()
		c.Request = c.Request.WithContext(ctx)
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, bodyLimit)
	c.Next()
}

// contentPolicy lets a page load style, script and images of our own and nothing else; it does no harm to what is no page.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// secure sets the headers that hold for every answer; a page that needs others replaces them.
func (*web) secure(c *gin.Context) {
	c.Header("X-Content-Type-Options", "nosniff")
	c.Header("Cache-Control", "no-store")
	c.Header("Referrer-Policy", "same-origin")
	c.Header("Content-Security-Policy", contentPolicy)
}

// arrive notes where the request comes from; who is calling is found out by the face.
func (w *web) arrive(c *gin.Context) {
	face := map[shape]models.Face{pages: models.FaceConsole, oauth: models.FaceGatewayOAuth, rest: models.FaceController}
	c.Request = w.callers.Arrive(c.Request, face[faceOf(c.Request.URL.Path)])
}
