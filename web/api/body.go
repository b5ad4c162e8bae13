package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"unicode/utf8"

	"gatehouse/models"
)

// body is what a caller sent, by key, and what is wrong with it so far. Keys that nobody asks for are ignored, read-only ones among
// them (contract §1).
type body struct {
	values   map[string]any
	full     bool // PUT: what is missing takes its default
	creating bool // POST
	invalid  models.Invalid
}

// body reads the request's body. A wrong form is a problem of its own; wrong values are collected.
func (c *call) body() (*body, error) {
	text, err := io.ReadAll(c.gin.Request.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &problem{http.StatusRequestEntityTooLarge, "The body of the request is too large."}
	case err != nil:
		return nil, &problem{http.StatusBadRequest, "The body of the request could not be read."}
	}
	b := &body{full: c.gin.Request.Method == http.MethodPut, creating: c.gin.Request.Method == http.MethodPost}
	b.values, err = c.parse(text)
	return b, err
}

func (c *call) parse(text []byte) (map[string]any, error) {
	header := c.gin.Request.Header.Get("Content-Type")
	if len(text) == 0 && header == "" {
		return map[string]any{}, nil
	}
	media, _, err := mime.ParseMediaType(header)
	switch {
	case err == nil && media == "application/json":
		return parseJSON(text)
	case err == nil && media == "application/x-www-form-urlencoded" && c.forms:
		return parseForm(text)
	}
	return nil, &problem{http.StatusUnsupportedMediaType, fmt.Sprintf("Unsupported media type %q in request.", header)}
}

func parseJSON(text []byte) (map[string]any, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return map[string]any{}, nil
	}
	if !utf8.Valid(text) {
		return nil, &problem{http.StatusBadRequest, "JSON parse error - the body is not valid UTF-8"}
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, &problem{http.StatusBadRequest, "JSON parse error - " + err.Error()}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, &problem{http.StatusBadRequest, "JSON parse error - extra data after the value"}
	}
	values, ok := value.(map[string]any)
	if !ok {
		return nil, models.Invalid{{Field: models.NonField, Message: fmt.Sprintf("Invalid data. Expected a dictionary, but got %s.", typeName(value))}}
	}
	return values, nil
}

func parseForm(text []byte) (map[string]any, error) {
	form, err := url.ParseQuery(string(text))
	if err != nil || !utf8.Valid(text) {
		return nil, &problem{http.StatusBadRequest, "The body of the request is not a form."}
	}
	values := map[string]any{}
	for key, each := range form {
		if !utf8.ValidString(key + each[len(each)-1]) {
			return nil, &problem{http.StatusBadRequest, "The body of the request is not valid UTF-8."}
		}
		values[key] = each[len(each)-1]
	}
	return values, nil
}

// typeName names the type of a JSON value in the words that the platforms' clients know.
func typeName(value any) string {
	switch value := value.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case json.Number:
		if isInteger(value.String()) {
			return "int"
		}
		return "float"
	case string:
		return "str"
	case []any:
		return "list"
	default:
		return "dict"
	}
}
