package web

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store/storetest"
)

// withHandlers is the engine with further handlers that misbehave, one below each part of the surface.
func withHandlers(t *testing.T, test func(t *testing.T, engine *gin.Engine, log *bytes.Buffer), handler gin.HandlerFunc) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		log := &bytes.Buffer{}
		s, err := server.New(server.Options{Store: db.Store, Issuer: "http://localhost:8080", Policy: models.DefaultPolicy()})
		if err != nil {
			t.Fatal(err)
		}
		w, err := newWeb(Options{Server: s, Log: slog.New(slog.NewJSONHandler(log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		engine := w.engine()
		for _, path := range []string{"/api/v2/misbehave", "/api/gateway/v1/misbehave", "/o/misbehave", "/misbehave"} {
			engine.Any(path, handler)
		}
		test(t, engine, log)
	})
}

func TestPanicIsAnsweredInTheShapeOfTheFace(t *testing.T) {
	withHandlers(t, func(t *testing.T, engine *gin.Engine, log *bytes.Buffer) {
		for path, want := range map[string]string{"/api/v2/misbehave": "detail", "/api/gateway/v1/misbehave": "detail", "/o/misbehave": "error", "/misbehave": ""} {
			log.Reset()
			recorder := httptest.NewRecorder()
			engine.ServeHTTP(recorder, httptest.NewRequest("GET", path, nil))
			var body map[string]any
			err := json.Unmarshal(recorder.Body.Bytes(), &body)
			if recorder.Code != 500 || want != "" && (err != nil || body[want] == nil) || strings.Contains(recorder.Body.String(), "inside") {
				t.Errorf("%s: %d: %s", path, recorder.Code, recorder.Body)
			}
			text := log.String()
			if strings.Count(text, `"level":"ERROR"`) != 1 || !strings.Contains(text, "middleware_test.go") || !strings.Contains(text, recorder.Header().Get("X-Request-ID")) {
				t.Errorf("%s: the log: %s", path, text)
			}
		}
	}, func(*gin.Context) { panic("inside") })
}

func TestPanicAfterTheAnswerBeganCutsIt(t *testing.T) {
	withHandlers(t, func(t *testing.T, engine *gin.Engine, _ *bytes.Buffer) {
		running := httptest.NewServer(engine)
		defer running.Close()
		answer, err := http.Get(running.URL + "/misbehave")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		if text, err := io.ReadAll(answer.Body); err == nil {
			t.Errorf("half an answer came through as a whole one: %q", text)
		}
	}, func(c *gin.Context) {
		c.Header("Content-Length", "1000")
		_, _ = c.Writer.WriteString("half")
		c.Writer.Flush()
		panic("inside")
	})
}

func TestRequestsAreBounded(t *testing.T) {
	withHandlers(t, func(t *testing.T, engine *gin.Engine, _ *bytes.Buffer) {
		recorder := httptest.NewRecorder()
		engine.ServeHTTP(recorder, httptest.NewRequest("POST", "/misbehave", strings.NewReader(strings.Repeat("x", bodyLimit+1))))
		if recorder.Code != http.StatusTeapot {
			t.Errorf("status %d: %s", recorder.Code, recorder.Body)
		}
	}, func(c *gin.Context) {
		deadline, bounded := c.Request.Context().Deadline()
		_, err := io.ReadAll(c.Request.Body)
		if err == nil || !bounded || time.Until(deadline) > answerLimit {
			c.String(http.StatusOK, "read it all: %v, %v", err, deadline)
			return
		}
		c.Status(http.StatusTeapot)
	})
}

func TestShapes(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]shape{"/": pages, "/tokens": pages, "/token": oauth, "/token/": oauth, "/o": oauth, "/o/": oauth, "/o/x": oauth, "/ox": pages,
		"/o/authorize/": pages, "/o/authorize": pages, "/authorize": pages, "/api/o/authorize/": pages, "/api/o/": oauth, "/api/controller/o/token/": oauth,
		"/api/": rest, "/api": rest, "/api/v2/": rest, "/apis": pages, "/api/organizations": rest, "/.well-known/x": oauth, "/revoked": pages,
		"/auth": oauth, "/auth/verify": oauth, "/auth/verify/authorize": oauth, "/authors": pages} {
		if got := faceOf(path); got != want {
			t.Errorf("%s: got %d, want %d", path, got, want)
		}
	}
}

// TestLongAnswersHaveNoDeadline: those of exports alone.
func TestLongAnswersHaveNoDeadline(t *testing.T) {
	w := &web{long: map[string]bool{"/list/export.csv": true}}
	engine := gin.New()
	engine.Use(w.limit)
	for _, path := range []string{"/list/export.csv", "/list/export.csv/", "/list"} {
		engine.GET(path, func(c *gin.Context) {
			if _, bounded := c.Request.Context().Deadline(); bounded != (path == "/list") {
				t.Errorf("%s has a deadline: %t", path, bounded)
			}
		})
		engine.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
	}
}
