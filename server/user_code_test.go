package server

import (
	"errors"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// TestUserCodeDrawnTwice: a user code that another device has already is drawn again, a few times.
func TestUserCodeDrawnTwice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s, err := New(Options{Store: db.Store, Issuer: "https://gatehouse.example.org"})
		if err != nil {
			t.Fatal(err)
		}
		application := &models.Application{ClientID: "display", ClientType: models.Public, Platform: models.Gateway,
			Stamps: models.Stamps{Created: db.Now(), Modified: db.Now()}}
		if err := db.Write(t.Context(), func(tx *store.Tx) error { return tx.CreateApplication(application) }); err != nil {
			t.Fatal(err)
		}
		row := models.DeviceCode{ApplicationID: application.ID, Scope: models.ScopeRead, State: models.DevicePending, IntervalSeconds: deviceInterval}
		draws := []string{"BBBBBBBB", "BBBBBBBB", "BBBBBBBB", "CCCCCCCC"}
		s.userCode = func() models.Secret {
			drawn := models.SecretOf(draws[0])
			draws = draws[min(1, len(draws)-1):]
			return drawn
		}
		for _, want := range []string{"BBBBBBBB", "CCCCCCCC"} {
			if _, got, err := s.startDevice(t.Context(), row); err != nil || got.Reveal() != want {
				t.Errorf("%q, %v, want %s", got.Reveal(), err, want)
			}
		}
		if _, _, err := s.startDevice(t.Context(), row); !errors.Is(err, store.ErrConflict) {
			t.Errorf("with nothing else to draw: %v", err)
		}
	})
}
