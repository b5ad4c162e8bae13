package store_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/store"
	"gatehouse/store/storetest"
)

// TestRecordMany: entries are the same, and in the same order, whether they are stored by ones or many at once.
func TestRecordMany(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		texts := []string{"", "NULL", `{"a",'b'}`, `\\ \n "`, "ünïcode ß\u2028", "x\ty\nz"}
		made := func() (entries []models.Activity) {
			for n := range 1003 {
				id, text := int64(n), texts[n%len(texts)]
				entry := models.Activity{ActorName: text, Origin: "command:x", Address: text, Operation: models.OperationDelete, ObjectType: models.ObjectAccessToken, ObjectID: id,
					ObjectName: fmt.Sprint(n), RelatedType: models.ObjectUser, RelatedID: id + 1, RelatedName: text, Note: text, Changes: models.Removed(models.Fields{text: &text, "none": nil}), Platform: models.Gateway}
				if n%3 == 0 {
					entry.ActorID, entry.OwnerID, entry.OrganizationID, entry.Platform = &id, &id, &id, models.Controller
				}
				entries = append(entries, entry)
			}
			return entries
		}
		single, many := made(), made()
		write(t, db, func(tx *store.Tx) error {
			for _, each := range single {
				if err := tx.Record(each); err != nil {
					return err
				}
			}
			return tx.Record(many...)
		})
		page, err := db.Read(t.Context()).Activity(store.Query{Order: []store.Order{{Field: "id"}}}, models.ActivityVisibility{All: true})
		if err != nil {
			t.Fatal(err)
		}
		if page.Count != 2*1003 {
			t.Fatalf("%d entries are counted", page.Count)
		}
		ones, others := page.Rows[:1003], page.Rows[1003:]
		for n := range ones {
			if others[n].ID <= ones[n].ID {
				t.Fatalf("entry %d comes before entry %d", others[n].ID, ones[n].ID)
			}
			others[n].ID = ones[n].ID
		}
		if diff := cmp.Diff(ones, others); diff != "" {
			t.Error(diff)
		}
	})
}

// TestRecordManyOrNone: a form that is used makes all of them fail.
func TestRecordManyOrNone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		form := "form"
		entries := make([]models.Activity, 40)
		for n := range entries {
			entries[n] = models.Activity{Operation: models.OperationCreate, ObjectType: models.ObjectUser, ObjectID: int64(n + 1)}
		}
		entries[3].Form, entries[39].Form = &form, &form
		err := db.Write(t.Context(), func(tx *store.Tx) error { return tx.Record(entries...) })
		page, readErr := db.Read(t.Context()).Activity(store.Query{Limit: 1}, models.ActivityVisibility{All: true})
		if !errors.Is(err, store.ErrConflict) || readErr != nil || page.Count != 0 {
			t.Errorf("%v; %d entries, %v", err, page.Count, readErr)
		}
	})
}
