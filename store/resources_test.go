package store_test

import (
	"errors"
	"testing"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// A resource is one application's: it comes with it, changes with it and goes with it (RFC 8707).
func TestResources(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		files := &models.Application{Name: "Files", ResourceURIs: models.Words{"https://files.example.org/", "urn:example:queue"}}
		other := &models.Application{Name: "Other"}
		put(t, db, files, other)
		known := func(want ...bool) {
			t.Helper()
			for n, uri := range []string{"https://files.example.org/", "urn:example:queue", "https://new.example.org/", "", "https://files.example.org/\x00"} {
				got, err := db.Read(t.Context()).ResourceKnown(uri)
				if err != nil || got != (n < len(want) && want[n]) {
					t.Errorf("%q is known: %v, %v", uri, got, err)
				}
			}
		}
		known(true, true)
		for name, change := range map[string]func(*store.Tx) error{
			"made with it": func(tx *store.Tx) error {
				return putOne(tx, &models.Application{Name: "Third", ResourceURIs: models.Words{"https://new.example.org/", "urn:example:queue"}})
			},
			"changed to it": func(tx *store.Tx) error {
				taken := *other
				taken.ResourceURIs = models.Words{"https://files.example.org/"}
				return tx.UpdateApplication(&taken)
			},
		} {
			if err := db.Write(t.Context(), change); !errors.Is(err, store.ErrResourceTaken) {
				t.Errorf("%s: %v", name, err)
			}
			known(true, true)
		}
		files.ResourceURIs = models.Words{"https://new.example.org/", "https://files.example.org/"}
		write(t, db, func(tx *store.Tx) error { return tx.UpdateApplication(files) })
		known(true, false, true)
		write(t, db, func(tx *store.Tx) error { return tx.DeleteApplication(files.ID) })
		known()
		write(t, db, func(tx *store.Tx) error {
			other.ResourceURIs = models.Words{"https://new.example.org/"}
			return tx.UpdateApplication(other)
		})
		known(false, false, true)
	})
}
