package console_test

import (
	"compress/gzip"
	"net/http"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"gatehouse/web/webtest"
)

// TestCompressedPages: pages are compressed for who takes that, unless another site made the browser ask (ADR 0027).
func TestCompressedPages(t *testing.T) {
	for issuer, rows := range map[string]map[string]bool{
		"http://localhost:8080":         {"": true, "none": true, "same-origin": true, "same-site": false, "cross-site": false},
		"https://gatehouse.example.org": {"": false, "none": true, "same-origin": true, "same-site": false, "cross-site": false},
	} {
		t.Run(issuer, func(t *testing.T) {
			webtest.Each(t, func(t *testing.T, s *webtest.Site) {
				for site, want := range rows {
					for encoding, takes := range map[string]bool{"gzip, br": true, "br": false, "gzip;q=0": false, "": false} {
						options := []func(*http.Request){webtest.Header("Accept-Encoding", encoding)}
						if site != "" {
							options = append(options, webtest.Header("Sec-Fetch-Site", site))
						}
						for _, path := range []string{"/login", "/nowhere"} {
							a := stranger(t, s).get(path, options...)
							compressed := a.header.Get("Content-Encoding") == "gzip"
							if compressed != (want && takes) || !strings.Contains(a.header.Get("Vary"), "Accept-Encoding") {
								t.Errorf("%s from %q with %q: compressed %v, Vary %q", path, site, encoding, compressed, a.header.Get("Vary"))
							}
							if compressed && unpacked(t, a).Find("h1").Length() != 1 {
								t.Errorf("%s is no page when it is unpacked", path)
							}
						}
					}
				}
			}, func(c *webtest.Config) { c.Server.Issuer = issuer })
		})
	}
}

func unpacked(t *testing.T, a *answer) *goquery.Document {
	t.Helper()
	reader, err := gzip.NewReader(strings.NewReader(a.text))
	if err != nil {
		t.Fatal(err)
	}
	document, err := goquery.NewDocumentFromReader(reader)
	if err != nil {
		t.Fatal(err)
	}
	return document
}
