package server_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store/storetest"
)

// capture keeps every log line of every level.
type capture struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (c *capture) Write(line []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.Write(line)
}

func (c *capture) set(o *server.Options) {
	o.Log = slog.New(slog.NewJSONHandler(c, &slog.HandlerOptions{Level: slog.LevelDebug - 4, AddSource: true}))
}

// TestSecretsStaySecret: no log line, no row and no answer but the one that issues it holds a usable token, code, client secret,
// password or verifier; requests that succeed, that are refused and that fail in the server are made with each of them.
func TestSecretsStaySecret(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		log := &capture{}
		b := newBed(t, db, log.set)
		secrets := map[string]string{"client secret": b.web.Secret, "password": testPassword, "verifier": codeVerifier}
		first, answers := b.useEverything(t, secrets)
		kept := b.rows(t)

		check(t, b.db.Close())
		for _, request := range first {
			answers = append(answers, b.token(request, by(b.web)).text, b.revoke(request, by(b.web)).text, b.introspect(request, by(b.web)).text)
		}
		if !strings.Contains(log.text.String(), `"path":"/o/token/"`) {
			t.Errorf("requests that fail in the server are not logged: %s", log.text.String())
		}
		for name, secret := range secrets {
			for _, form := range []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)), hex.EncodeToString([]byte(secret))} {
				if strings.Contains(log.text.String(), form) {
					t.Errorf("a log line holds the %s", name)
				}
				for table, rows := range kept {
					if strings.Contains(strings.Join(rows, "\n"), form) {
						t.Errorf("table %s holds the %s", table, name)
					}
				}
				if strings.Contains(strings.Join(answers, "\n"), form) {
					t.Errorf("an answer that is none to its request holds the %s", name)
				}
			}
		}
	})
}

// useEverything issues one of each secret, uses all of them well and badly, and adds them to secrets. It returns a request with each
// and the answers that must not hold any.
func (b *bed) useEverything(t *testing.T, secrets map[string]string) ([]url.Values, []string) {
	t.Helper()
	secrets["code"], secrets["unused code"] = b.code(t, b.web, b.alice), b.code(t, b.web, b.alice)
	requests := []url.Values{redemption(b.web, secrets["code"]), passwordGrant(), form("grant_type", "client_credentials")}
	for n, name := range []string{"by code", "by password", "by client credentials"} {
		issued := b.token(requests[n], by(b.web))
		secrets["access token "+name], _ = issued.body["access_token"].(string)
		if refresh, ok := issued.body["refresh_token"].(string); ok {
			secrets["refresh token "+name] = refresh
			requests = append(requests, refreshGrant(refresh, "token", refresh))
		}
	}
	refreshed := b.token(refreshGrant(secrets["refresh token by password"]), by(b.web)).succeeded(t, "read write", true)
	secrets["refreshed access token"], secrets["second refresh token"] = refreshed.access, refreshed.refresh
	secrets["personal token"] = b.personal(t, b.alice, models.FaceGateway, "write")

	started := b.started(t, b.web)
	secrets["device code"], secrets["user code"] = started.device, started.user
	userCode, _ := models.ParseUserCode(started.user)
	secrets["user code without its dash"] = userCode.Reveal()

	var texts []string
	for _, value := range secrets {
		texts = append(texts, b.introspect(form("token", value), by(b.web)).text, b.introspect(form("token", value), basic(b.web.ClientID+":x")).text,
			b.token(refreshGrant(value), by(b.job)).text, b.token(poll(value), by(b.web)).text, b.device(form("scope", value), by(b.web)).text, b.token(redemption(b.web, value), by(b.job)).text,
			b.token(passwordGrant("password", value+"x"), by(b.web)).text, b.token(passwordGrant("scope", value), by(b.web)).text,
			b.token(passwordGrant("grant_type", value), by(b.web)).text, b.token(merged(refreshGrant(value), "refresh_token", value)).text,
			b.revoke(form("token", value), by(b.job)).text)
		b.accepts(t, models.FaceGateway, value+"x")
		if _, err := b.EnterUserCode(t.Context(), as(b.alice), value); err != nil {
			texts = append(texts, err.Error())
		}
		requests = append(requests, refreshGrant(value, "token", value), redemption(b.web, value), poll(value))
	}
	return requests, texts
}
