package server_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"gatehouse/models"
	"gatehouse/server"
)

const thousandYears = 31_536_000_000 // seconds, the default of the originals (contract §5)

// TestThousandYears: a lifetime that no time.Duration can hold is a number in every answer and a date in the year 3025 in the database.
func TestThousandYears(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		a := b.token(passwordGrant(), by(b.web))
		if a.Code != 200 || !strings.Contains(a.text, `"expires_in":31536000000,`) {
			t.Fatalf("%d %s", a.Code, a.text)
		}
		value := a.body["access_token"].(string)
		end := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, 365_000) // 1000 times 365 days
		if got := b.presented(t, value).Expires; !got.Equal(end) || got.Year() != 3025 {
			t.Errorf("kept until %v, want %v", got, end)
		}
		var described struct{ Exp json.Number }
		check(t, json.Unmarshal([]byte(b.introspect(form("token", value), by(b.web)).text), &described))
		if exp, err := described.Exp.Int64(); err != nil || exp != end.Unix() {
			t.Errorf("exp is %s, want %d", described.Exp, end.Unix())
		}
		described.Exp = ""
		refresh := a.body["refresh_token"].(string)
		check(t, json.Unmarshal([]byte(b.introspect(form("token", refresh), by(b.web)).text), &described))
		if exp, err := described.Exp.Int64(); err != nil || exp != end.Unix() {
			t.Errorf("exp of the refresh token is %s, want %d", described.Exp, end.Unix())
		}
		for range 5 {
			b.db.Clock.Advance(200 * 365 * 24 * time.Hour)
			if b.Now().Before(end) != b.accepts(t, models.FaceGateway, value) {
				t.Errorf("in %d the token is taken for what it is not", b.Now().Year())
			}
		}
	}, func(o *server.Options) {
		o.Lifetimes.AccessToken, o.Lifetimes.RefreshToken = thousandYears, thousandYears
	})
}

// TestLifetimesOfWhatIsStored: a changed setting leaves stored tokens as they are (contract §5).
func TestLifetimesOfWhatIsStored(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
		short := b.another(t, func(o *server.Options) { o.Lifetimes.AccessToken, o.Lifetimes.RefreshToken = 1, 1 })
		b.db.Clock.Advance(time.Hour)
		if !short.accepts(t, models.FaceGateway, token.access) {
			t.Error("a shorter lifetime ended a token that was there")
		}
		if a := short.token(refreshGrant(token.refresh), by(b.web)); a.Code != 200 || a.body["expires_in"] != 1.0 {
			t.Errorf("%d %s, want a pair that lives a second", a.Code, a.text)
		}
	})
}

// TestExpiresInIsWhole: the lifetime is told in whole seconds as it was set, also between two seconds of the clock.
func TestExpiresInIsWhole(t *testing.T) {
	onBed(t, func(t *testing.T, b *bed) {
		for range 4 {
			b.db.Clock.Advance(333_333_333 * time.Nanosecond)
			token := b.token(passwordGrant(), by(b.web)).succeeded(t, "read write", true)
			row := b.presented(t, token.access)
			if got := row.Expires.Sub(row.Created); got != 31_536_000*time.Second {
				t.Errorf("lives %v", got)
			}
		}
	})
}
