package api

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
)

// call is one request to a mount.
type call struct {
	*API
	mount
	gin     *gin.Context
	actor   server.Actor
	started time.Time
	byName  bool // the path names its object by a name instead of an id
}

// handler answers a request, or returns why it does not.
type handler func(*call) error

// access says who gets as far as a handler.
type access int

const (
	members   access = iota // who authenticates, with a scope that permits the kind of request
	anybody                 // everybody; credentials are looked at
	bystander               // everybody; credentials are not even looked at
)

func (a *API) newCall(g *gin.Context, m mount) *call {
	return &call{API: a, mount: m, gin: g, started: time.Now()}
}

// handle is the one way into a handler.
func (a *API) handle(m mount, who access, h handler) gin.HandlerFunc {
	return func(g *gin.Context) {
		c := a.newCall(g, m)
		err := c.enter(who)
		if err == nil {
			err = h(c)
		}
		if err != nil {
			c.fail(err)
		}
	}
}

// enter finds out who calls and asks whether they may come in: the one place where authentication, scope and CSRF are decided
// (contract §4.6).
func (c *call) enter(who access) error {
	if who == bystander {
		return nil
	}
	r, err := c.callers.Identify(c.gin.Request, c.name)
	if err != nil {
		return err
	}
	c.gin.Request, c.actor = r, server.ActorFrom(r.Context())
	if c.actor.Session != nil {
		c.gin.Header("Session-Timeout", strconv.FormatInt(c.server.Lifetimes().Session, 10))
	}
	if who == anybody {
		return nil
	}
	if err := c.server.Policy().Enter(c.actor.Actor, c.writes()); err != nil {
		return err
	}
	if err := c.checkForgery(); err != nil {
		return err
	}
	if c.name == models.FaceGateway && c.gin.Request.URL.Query().Get("validate") == "true" {
		c.gin.Request = c.gin.Request.WithContext(store.Rehearse(c.ctx()))
	}
	return nil
}

// writes reports whether the request's method may change something (RFC 9110 §9.2.1).
func (c *call) writes() bool {
	switch c.gin.Request.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return false
	}
	return true
}

// checkForgery asks a session that changes something for its CSRF token; bearer and Basic are never sent by a browser on its own.
func (c *call) checkForgery() error {
	r := c.gin.Request
	switch {
	case c.actor.Session == nil:
		return nil
	case !c.writes():
		c.callers.CSRFToken(c.gin.Writer, r) // renews the cookie where the client lost it
		return nil
	case !c.callers.RefererFits(r) || !c.callers.SameOrigin(r):
		return &problem{http.StatusForbidden, "CSRF Failed: Referer checking failed - the request does not come from this site."}
	case r.Header.Get("X-CSRFToken") == "":
		return &problem{http.StatusForbidden, "CSRF Failed: CSRF token missing."}
	case !c.callers.CheckCSRF(r, r.Header.Get("X-CSRFToken")):
		return &problem{http.StatusForbidden, "CSRF Failed: CSRF token incorrect."}
	}
	return nil
}

func (c *call) ctx() context.Context { return c.gin.Request.Context() }

// sign sets the headers that every answer has (contract §2.1).
func (c *call) sign() http.Header {
	header := c.gin.Writer.Header()
	header.Set("X-API-Product-Name", c.product)
	header.Set("X-API-Node", c.node)
	header.Set("X-API-Time", fmt.Sprintf("%.3fs", time.Since(c.started).Seconds()))
	if c.actor.User != nil {
		header.Set("X-API-Product-Version", c.version)
	}
	return header
}

// answer sends a body as JSON; nil is no body.
func (c *call) answer(status int, body any) {
	header := c.sign()
	if body == nil {
		c.gin.Status(status)
		c.gin.Writer.WriteHeaderNow()
		return
	}
	w := newWriter()
	if err := w.value(body); err != nil {
		panic(err) // a body that is no JSON is a fault of ours
	}
	w.text.WriteByte('\n')
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(w.text.Len()))
	c.gin.Status(status)
	if c.gin.Request.Method == http.MethodHead {
		c.gin.Writer.WriteHeaderNow()
		return
	}
	_, _ = c.gin.Writer.Write(w.text.Bytes()) // the client may be gone; what it asked for is done
}

// ok answers 200.
func (c *call) ok(body any) error {
	c.answer(http.StatusOK, body)
	return nil
}

// created answers 201 with the address of the new object.
func (c *call) created(body object) error {
	url, _ := body.value("url").(string)
	c.gin.Header("Location", url)
	c.answer(http.StatusCreated, body)
	return nil
}

// deleted answers 204, which has no body.
func (c *call) deleted(err error) error {
	if err == nil {
		c.answer(http.StatusNoContent, nil)
	}
	return err
}
