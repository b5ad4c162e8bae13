package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"gatehouse/store/storetest"
)

// TestAnsweredTokensSurviveKill: every token that was answered works after the program was killed and started again.
func TestAnsweredTokensSurviveKill(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database, "GATEHOUSE_SUPERUSER_PASSWORD=correct horse battery")
		p.mustCommand("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
		p.serve()
		admin := p.newToken("admin")
		organization := p.api(http.MethodPost, "/api/gateway/v1/organizations/", admin, map[string]any{"name": "O"}).want(t, 201)
		client := p.api(http.MethodPost, "/api/gateway/v1/applications/", admin, map[string]any{"name": "load", "organization": organization.json["id"],
			"client_type": "confidential", "authorization_grant_type": "client-credentials"}).want(t, 201)
		tokens := p.tokensUntilKilled(client.string("client_id"), client.string("client_secret"))
		p.serve()
		if len(tokens) == 0 || len(tokens) >= 2000 {
			t.Fatalf("%d tokens were answered before the kill, want some but not all of 2000", len(tokens))
		}
		for _, token := range tokens {
			state := p.form("/o/introspect/", client.string("client_id"), client.string("client_secret"), "token", token).want(t, 200)
			if state.json["active"] != true {
				t.Fatalf("a token that was answered is gone after the restart: %s", state.text)
			}
		}
		t.Logf("%d tokens were answered before the kill, all work", len(tokens))
	})
}

// tokensUntilKilled asks for 2,000 tokens over 16 connections, kills the program on the way, and returns the tokens it answered.
func (p *program) tokensUntilKilled(clientID, secret string) []string {
	p.t.Helper()
	var mu sync.Mutex
	var tokens []string
	var asked atomic.Int64
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for asked.Add(1) <= 2000 {
				token, ok := askToken(p.url, clientID, secret)
				if !ok {
					return
				}
				mu.Lock()
				tokens = append(tokens, token)
				mu.Unlock()
			}
		})
	}
	for deadline := time.Now().Add(30 * time.Second); asked.Load() < 400 && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	p.end(syscall.SIGKILL)
	group.Wait()
	return tokens
}

func askToken(base, clientID, secret string) (string, bool) {
	body := url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {secret}}
	response, err := http.Post(base+"/o/token/", "application/x-www-form-urlencoded", strings.NewReader(body.Encode()))
	if err != nil {
		return "", false
	}
	defer func() { _ = response.Body.Close() }()
	var answered struct {
		AccessToken string `json:"access_token"`
	}
	err = json.NewDecoder(response.Body).Decode(&answered)
	return answered.AccessToken, err == nil && response.StatusCode == http.StatusOK
}

// TestUsesAreStored: that a token was used is stored while the program runs, and what is not stored yet when it is asked to stop.
func TestUsesAreStored(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, database string) {
		p := newProgram(t, database, "GATEHOUSE_SUPERUSER_PASSWORD=correct horse battery")
		p.mustCommand("createsuperuser", "--noinput", "--username", "admin", "--email", "admin@example.org")
		p.serve()
		first, second := p.newToken("admin"), p.newToken("admin")
		p.api(http.MethodGet, "/api/gateway/v1/me/", first, nil).want(t, 200)
		p.waitForUse("1")
		p.api(http.MethodGet, "/api/gateway/v1/me/", second, nil).want(t, 200)
		if code := p.end(syscall.SIGTERM); code != 0 {
			t.Errorf("exit %d", code)
		}
		if unused := rowsOf(t, p.target(), "SELECT id FROM access_tokens WHERE last_used IS NULL"); unused != "" {
			t.Errorf("these were never used: %s", unused)
		}
	})
}

// waitForUse waits until it is stored that the token with the id was used.
func (p *program) waitForUse(id string) {
	p.t.Helper()
	db := p.target()
	for range 300 {
		if rowsOf(p.t, db, "SELECT id FROM access_tokens WHERE last_used IS NOT NULL AND id = "+id) != "" {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.t.Fatal("that the token was used is not stored")
}
