package models

import (
	"encoding/json"
	"testing"
	"time"
)

// TestExpired: a token is expired from its expiry on, also in years that a duration of nanoseconds does not reach (contract §5).
func TestExpired(t *testing.T) {
	t.Parallel()
	const millennium = 31_536_000_000 // seconds, the lifetime of the originals: 1000 years of 365 days
	now := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	in3024 := time.Unix(now.Unix()+millennium, 0).UTC()
	if in3024.Year() != 3023 && in3024.Year() != 3024 {
		t.Fatalf("a lifetime of 1000 years ends in %d", in3024.Year())
	}
	elsewhere := time.FixedZone("", 5*3600)
	for _, test := range []struct {
		name         string
		expires, now time.Time
		want         bool
	}{
		{"later", now.Add(time.Second), now, false},
		{"a microsecond later", now.Add(time.Microsecond), now, false},
		{"now", now, now, true},
		{"a microsecond ago", now.Add(-time.Microsecond), now, true},
		{"now, in another zone", now, now.In(elsewhere), true},
		{"later, in another zone", now.Add(time.Second), now.In(elsewhere), false},
		{"case 75 in 1000 years", in3024, now, false},
		{"case 75 the second before", in3024, in3024.Add(-time.Second), false},
		{"case 75 after 1000 years", in3024, in3024, true},
		{"long before", time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), now, true},
		{"in the last year that JSON knows", time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), now, false},
		{"never set", time.Time{}, now, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := (&AccessToken{Expires: test.expires}).Expired(test.now); got != test.want {
				t.Errorf("access token: got %t, want %t", got, test.want)
			}
			if got := (&RefreshToken{Expires: test.expires}).Expired(test.now); got != test.want {
				t.Errorf("refresh token: got %t, want %t", got, test.want)
			}
		})
	}
	t.Run("case 75 as text and back", func(t *testing.T) {
		t.Parallel()
		expires := time.Date(3024, 5, 1, 12, 0, 0, 123456000, time.UTC)
		if got := (&AccessToken{Expires: expires.In(elsewhere)}).ActivityFields()["expires"]; got == nil || *got != "3024-05-01T12:00:00.123456Z" {
			t.Errorf("activity: got %v", got)
		}
		text, err := json.Marshal(expires)
		var back time.Time
		if err != nil || json.Unmarshal(text, &back) != nil || !back.Equal(expires) {
			t.Errorf("JSON: got %s, %v", text, err)
		}
	})
}

func TestTokenBelongs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		token    *AccessToken
		personal bool
		kind     string
		alices   bool
	}{
		{"personal", token(Gateway, alice, nil), true, "personal", true},
		{"of an application", token(Gateway, alice, application(Gateway, orgO, 0)), false, "application", true},
		{"of an application, as nobody", token(Gateway, 0, application(Gateway, orgO, alice)), false, "application", false},
		{"somebody else's", token(Gateway, bob, nil), true, "personal", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := test.token
			if got.Personal() != test.personal || got.Kind() != test.kind || got.OwnedBy(alice) != test.alices || got.OwnedBy(0) {
				t.Errorf("personal %t, kind %s, of alice %t, of nobody %t", got.Personal(), got.Kind(), got.OwnedBy(alice), got.OwnedBy(0))
			}
		})
	}
}
