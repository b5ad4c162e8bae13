package openapitest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Exchange is a request and its answer.
type Exchange struct {
	Request *http.Request
	Sent    []byte // the request's body
	Status  int
	Header  http.Header
	Body    []byte
}

// Handler stands before a handler and fails the test for each answer, and each request that succeeds, that is not as described.
func Handler(t testing.TB, handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked, recorder, sent := r.Clone(r.Context()), httptest.NewRecorder(), &bytes.Buffer{}
		r.Body = struct {
			io.Reader
			io.Closer
		}{io.TeeReader(r.Body, sent), r.Body}
		handler.ServeHTTP(recorder, r)
		result := recorder.Result()
		if err := Check(Exchange{asked, sent.Bytes(), recorder.Code, result.Header, recorder.Body.Bytes()}); err != nil {
			t.Errorf("%s %s: %d is not as described: %v", asked.Method, asked.URL.Path, recorder.Code, err)
		}
		for name, values := range result.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(recorder.Body.Bytes())
	})
}

type oddKey struct{}

// Odd marks a request that is accepted although its body is not what the description asks for: servers are more lenient than
// descriptions. Only the answer is checked then.
func Odd(r *http.Request) {
	*r = *r.WithContext(context.WithValue(r.Context(), oddKey{}, true))
}

// Check tells in what an exchange is not as described, nil when it is.
func Check(e Exchange) error {
	d, err := load()
	if err != nil {
		return err
	}
	return d.check(e)
}

func (d *description) check(e Exchange) error {
	found, ok := d.find(e.Request.URL.EscapedPath())
	if !ok {
		return undescribed(e)
	}
	operation, ok := d.operation(found, e.Request.Method)
	if !ok {
		return d.checkOtherMethod(e)
	}
	if err := d.checkRequest(e, operation); err != nil {
		return err
	}
	return d.checkAnswer(e, operation.to("responses", strconv.Itoa(e.Status)))
}

// undescribed is what may be at an address that the description does not have: pages, and errors.
func undescribed(e Exchange) error {
	file := e.Header.Get("Content-Disposition") != "" // that a page of the console offers, as it does the page
	if mediaType(e.Header) == "application/json" && e.Status < 400 && !file {
		return errors.New("the address is not described")
	}
	return nil
}

// checkOtherMethod: an address answers OPTIONS, and refuses all other methods that it does not have.
func (d *description) checkOtherMethod(e Exchange) error {
	responses, options := pointer{"components", "responses"}, e.Request.Method == http.MethodOptions
	switch {
	case options && e.Status == http.StatusOK:
		return d.checkAnswer(e, responses.to("Options"))
	case options && e.Status == http.StatusNoContent && e.Header.Get("Allow") != "" && len(e.Body) == 0:
		return nil
	case e.Status < 400:
		return errors.New("the method is not described")
	case e.Status == http.StatusMethodNotAllowed && e.Header.Get("Allow") == "":
		return errors.New("the method is refused without Allow")
	case e.Status == http.StatusMethodNotAllowed && mediaType(e.Header) == "application/json":
		if d.checkAnswer(e, responses.to("OAuthNotAllowed")) == nil {
			return nil
		}
		return d.checkAnswer(e, responses.to("NotAllowed"))
	}
	return nil
}

// checkRequest checks the body of a request that was accepted.
func (d *description) checkRequest(e Exchange, operation pointer) error {
	if e.Status >= 300 || e.Request.Context().Value(oddKey{}) != nil {
		return nil
	}
	body, place, err := d.at(operation.to("requestBody"))
	switch {
	case err != nil && len(e.Sent) > 0 && e.Request.Method != http.MethodGet && e.Request.Method != http.MethodHead && e.Request.Method != http.MethodDelete:
		return errors.New("a body is not described")
	case err != nil:
		return nil
	case len(e.Sent) == 0 && body["required"] == true:
		return errors.New("the body of the request is required")
	case len(e.Sent) == 0:
		return nil
	}
	if err := d.checkBody(open, place, mediaType(e.Request.Header), e.Sent); err != nil {
		return fmt.Errorf("the request: %w", err)
	}
	return nil
}

// checkAnswer checks an answer against the response at a place.
func (d *description) checkAnswer(e Exchange, at pointer) error {
	response, place, err := d.at(at)
	if err != nil {
		return errors.New("the status is not described")
	}
	if err := d.checkHeaders(e.Header, place); err != nil {
		return err
	}
	_, content := response["content"]
	switch {
	case e.Request.Method == http.MethodHead, e.Status >= 300 && e.Status < 400:
		return nil // net/http sends no body to HEAD, and what stands in a redirect is for people
	case !content && len(e.Body) > 0:
		return errors.New("a body is not described")
	case !content:
		return nil
	}
	return d.checkBody(strict, place, mediaType(e.Header), e.Body)
}

func (d *description) checkHeaders(sent http.Header, response pointer) error {
	headers, place, err := d.at(response.to("headers"))
	if err != nil {
		return nil // none are described
	}
	for name := range headers {
		header, at, err := d.at(place.to(name))
		if err != nil {
			return err
		}
		if len(sent.Values(name)) == 0 {
			if header["required"] == true {
				return fmt.Errorf("the header %s is missing", name)
			}
			continue
		}
		schema, err := d.schema(open, at.to("schema"))
		if err != nil {
			return err
		}
		if err := schema.Validate(scalar(schema, sent.Get(name))); err != nil {
			return fmt.Errorf("the header %s: %w", name, err)
		}
	}
	return nil
}

// scalar is the value of a header: a number where one is wanted.
func scalar(schema *jsonschema.Schema, text string) any {
	if schema.Types != nil && strings.Contains(schema.Types.String(), "integer") {
		return json.Number(text)
	}
	return text
}

// checkBody checks a body against the content that is described at a place.
func (d *description) checkBody(document string, place pointer, media string, body []byte) error {
	if _, _, err := d.at(place.to("content", media)); err != nil {
		return fmt.Errorf("the type %q is not described", media)
	}
	schema, err := d.schema(document, place.to("content", media, "schema"))
	if err != nil {
		return err
	}
	var value any = string(body)
	switch media {
	case "application/json":
		value, err = jsonschema.UnmarshalJSON(bytes.NewReader(body))
	case "application/x-www-form-urlencoded":
		value, err = form(body)
	case "multipart/form-data":
		return nil // its fields are those of the form
	}
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// form is a form as an object of texts; what is repeated is a list.
func form(body []byte) (any, error) {
	values, err := url.ParseQuery(string(body))
	fields := object{}
	for name, each := range values {
		fields[name] = each[0]
		if len(each) > 1 {
			list := []any{}
			for _, value := range each {
				list = append(list, value)
			}
			fields[name] = list
		}
	}
	return fields, err
}

func mediaType(header http.Header) string {
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return media
}
