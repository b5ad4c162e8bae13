package server

import (
	"context"
	"errors"
	"fmt"

	"gatehouse/models"
	"gatehouse/store"
)

// Repeated says that a form came a second time: what it asked for was made the first time, and nothing now.
type Repeated struct {
	ObjectID int64 // of what was made; it may be gone since
}

// Error names what was made.
func (r *Repeated) Error() string {
	return fmt.Sprintf("the form was sent before and made %d", r.ObjectID)
}

const usedForm = "This form was used before. Open it anew."

// repeated looks whether an operation failed because its form came before, in which case that is the error: whatever else is wrong
// by now follows from it. form is the single-use number of the form, "" for none; it is kept with the activity entry of what was made,
// so that it counts also when that is gone.
func (s *Server) repeated(ctx context.Context, actor Actor, form string, err error) error {
	if err == nil || form == "" {
		return err
	}
	entry, lookup := s.store.Read(ctx).ActivityOfForm(form)
	switch {
	case errors.Is(lookup, store.ErrNotFound):
		return err
	case lookup != nil:
		return fmt.Errorf("look for the form: %w", errors.Join(err, lookup))
	case entry.ActorID == nil || *entry.ActorID != actor.ID():
		return models.Invalid{{Field: models.NonField, Message: usedForm}}
	default:
		return &Repeated{ObjectID: entry.ObjectID}
	}
}

func formNumber(form string) *string {
	if form == "" {
		return nil
	}
	return &form
}
