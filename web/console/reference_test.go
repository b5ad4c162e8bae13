package console_test

import (
	"bytes"
	"compress/gzip"
	"testing"

	"gatehouse/openapi"
	"gatehouse/web/webtest"
)

// TestEveryOperationIsShown opens the page of each operation from the list of all, and holds it to the description.
func TestEveryOperationIsShown(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "bob")
		index := b.get("/docs").is(200)
		described, shown := openapi.Read(), 0
		for _, group := range described.Groups {
			for _, o := range group.Operations {
				shown++
				if link := index.Find(`.operations a[href="/docs/` + o.ID + `"]`); link.Length() != 1 || link.Text() != o.Path {
					t.Errorf("the list has %d links to %s", link.Length(), o.ID)
				}
				page := b.get("/docs/"+o.ID).is(200).says("h1", o.Summary).says(".lede", o.Method+" "+o.Path)
				if answers := page.Find("details.answer"); answers.Length() != len(o.Answers) {
					t.Errorf("%s: %d answers of %d", o.ID, answers.Length(), len(o.Answers))
				}
				for _, each := range o.Parameters {
					page.says("table", each.Name)
				}
				if o.Body != nil {
					for _, member := range described.Schema(o.Body.Content[0].Value.Schema).Properties {
						page.says("main", member.Name)
					}
				}
				for _, kind := range page.Find(`td[data-label="Type"]`).EachIter() {
					if kind.Text() == "anything" {
						t.Errorf("%s: something of no type", o.ID)
					}
				}
				if weight := compressed(t, page.text); weight >= 15<<10 {
					t.Errorf("%s weighs %d bytes", o.ID, weight)
				}
			}
		}
		if shown < 200 {
			t.Errorf("only %d operations were seen", shown)
		}
	})
}

func compressed(t *testing.T, text string) int {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

// TestOperation: what a page says of what is sent, answered, and needed for it.
func TestOperation(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "bob")
		create := b.get("/docs/createGatewayApplication").is(200)
		create.says("main", "a bearer token with the scope write, or a session's cookie and the header X-CSRFToken").says("#curl", `-H "Authorization: Bearer $TOKEN"`).
			says("#curl", "'http://localhost:8080/api/gateway/v1/applications/'").says("table", "redirect_uris").says("details", "201")
		b.get("/docs/token").is(200).says("#curl", "--data-urlencode 'grant_type=authorization_code'").lacks("#curl a")
		b.get("/docs/showGatewayToken").is(200).says("#curl", "/api/gateway/v1/tokens/1/'").says("main", "summary_fields.user.username")
		b.get("/docs/showGatewayLogin").is(200).says("main", "Credentials: none").says("details", "text/html")
		for _, unknown := range []string{"nothing", "CREATEGATEWAYTOKEN", "%3Cscript%3E", "createGatewayToken%00"} {
			b.get("/docs/" + unknown).is(404)
		}
	})
}

// TestSearchOfTheReference: every word has to be there, whatever its case.
func TestSearchOfTheReference(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		b := as(t, s, "bob")
		b.get("/docs?search=REVOCATION+/o/revoke").is(200).says(".lede", "3 operations for this search").says(".operations", "/o/revoke_token/")
		b.get("/docs?search=delete+gateway+organization").is(200).says(".operations", "/api/gateway/v1/organizations/{id}/").lacks("#general-heading")
		b.get("/docs?search=%3Cscript%3E").is(200).says(".empty", "No results").lacks("main script")
	})
}
