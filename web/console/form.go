package console

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/templates"
)

// field is what the form says in a field, "" when it has none of that name.
func field(c *gin.Context, name string) string { return c.Request.PostForm.Get(name) }

// typed is what was typed in a line of text, without the space around it.
func typed(c *gin.Context, name string) string { return strings.TrimSpace(field(c, name)) }

// sent is what was typed in a field, nil when the form has none of that name.
func sent(c *gin.Context, name string) *string {
	if !c.Request.PostForm.Has(name) {
		return nil
	}
	text := typed(c, name)
	return &text
}

// ticked is the state of a box: a browser sends nothing of one that is not ticked, so nothing means no where the page shows the box,
// and nil elsewhere.
func ticked(c *gin.Context, name string, shown bool) *bool {
	on := field(c, name) != ""
	if !on && !shown {
		return nil
	}
	return &on
}

// reference is the id that was chosen, nil for none. What is no id names nothing.
func reference(c *gin.Context, name string) *int64 {
	text := typed(c, name)
	if text == "" {
		return nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		id = 0
	}
	return &id
}

// newForm is the single-use number of a form that makes something.
func newForm() string { return models.RandomText(models.TokenLength) }

// formNumber is the number that the form carries, "" when that is none of ours.
func formNumber(c *gin.Context) string {
	number := field(c, "once")
	const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	if len(number) != models.TokenLength || strings.Trim(number, alphanumeric) != "" {
		return ""
	}
	return number
}

// repeated answers a form that was sent before: on to the page of what it made. It reports whether that is what err says.
func (w *Console) repeated(c *gin.Context, list string, err error) bool {
	var repeated *server.Repeated
	if !errors.As(err, &repeated) {
		return false
	}
	_ = w.done(c, at(list, repeated.ObjectID), "repeated")
	return true
}

// refused gives the messages of bad input for the fields of a form; renamed maps the operation's field names to the form's where they
// differ. It is nil when err says something else.
func refused(err error, renamed map[string]string) templates.Errors {
	var invalid models.Invalid
	if !errors.As(err, &invalid) {
		return nil
	}
	var found templates.Errors
	for _, each := range invalid {
		field := each.Field
		if other, ok := renamed[field]; ok {
			field = other
		}
		found = append(found, inWords(field, each.Message))
	}
	return found
}

// labels are the fields as the pages call them.
var labels = map[string]string{
	"name": "Name", "username": "Username", "organization": "Organization", "client_type": "Client type",
	"authorization_grant_type": "Authorization grant type", "scope": "Scope",
}

// inWords says a message, which is worded for programs, as a person would.
func inWords(field, message string) templates.FieldError {
	switch message {
	case "This field may not be blank.", "This field is required.", "This field may not be null.":
		if label := labels[field]; label != "" {
			message = label + " is required."
		}
	case "redirect_uris cannot be empty with grant_type authorization-code":
		message = "Redirect URIs are required with the grant type Authorization code."
	case "The fields name, organization must make a unique set.":
		field, message = "name", "The organization has an application of this name already."
	case "Organization with this Name already exists.":
		message = "There is an organization of this name already."
	}
	if strings.HasPrefix(message, "Invalid pk ") {
		message = "This does not exist, or no longer. Choose another one."
	}
	return templates.FieldError{Field: field, Message: message}
}

// newPassword reads a password that was typed twice.
func newPassword(c *gin.Context) (string, templates.Errors) {
	password := field(c, "password")
	if password != field(c, "password_confirm") {
		return "", templates.Errors{{Field: "password_confirm", Message: "The two passwords are not the same."}}
	}
	return password, nil
}

// confirmOneself asks whether the password in the field is that of the signed-in person: what is dangerous is not done for somebody
// who merely found the browser open.
func (w *Console) confirmOneself(ctx context.Context, actor server.Actor, field, password string) (templates.Errors, error) {
	err := w.server.ConfirmActor(ctx, actor, password)
	switch {
	case errors.Is(err, server.ErrWrongCredentials):
		return templates.Errors{{Field: field, Message: "This is not your password."}}, nil
	case errors.Is(err, server.ErrSignInAgain):
		return templates.Errors{{Field: field, Message: "You signed in too long ago. Sign out and in again, and do this within 5 minutes."}}, nil
	}
	return nil, err
}
