package static

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func ask(method, address, encoding string) *http.Response {
	request := httptest.NewRequest(method, address, nil)
	if encoding != "" {
		request.Header.Set("Accept-Encoding", encoding)
	}
	recorder := httptest.NewRecorder()
	Handler().ServeHTTP(recorder, request)
	return recorder.Result()
}

func body(t *testing.T, response *http.Response) []byte {
	t.Helper()
	content, err := io.ReadAll(response.Body)
	if err = errors.Join(err, response.Body.Close()); err != nil {
		t.Fatal(err)
	}
	return content
}

func TestFilesAreKeptForAYear(t *testing.T) {
	t.Parallel()
	for name, contentType := range contentTypes {
		if !regexp.MustCompile(`^/static/[0-9a-f]{16}/` + name + `$`).MatchString(Path(name)) {
			t.Errorf("%s: address %q", name, Path(name))
		}
		want, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		response := ask("GET", Path(name), "")
		if got := body(t, response); !bytes.Equal(got, want) {
			t.Errorf("%s: another content", name)
		}
		for key, want := range map[string]string{
			"Cache-Control": "public, max-age=31536000, immutable", "Content-Type": contentType, "X-Content-Type-Options": "nosniff",
			"Vary": "Accept-Encoding", "Content-Encoding": "", "Content-Length": strconv.Itoa(len(want)),
		} {
			if got := response.Header.Get(key); got != want {
				t.Errorf("%s: %s is %q, want %q", name, key, got, want)
			}
		}
	}
}

func TestCompressedFiles(t *testing.T) {
	t.Parallel()
	plain, err := files.ReadFile("app.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		accept string
		want   bool
	}{
		{"gzip", true}, {"br, gzip, deflate", true}, {"GZIP;q=0.5", true}, {"br;q=1.0, gzip; q=0.2", true},
		{"", false}, {"br", false}, {"gzip;q=0", false}, {"gzip; q=0.000", false}, {"gzipped", false},
	} {
		response := ask("GET", Path("app.css"), test.accept)
		content := body(t, response)
		if got := response.Header.Get("Content-Encoding") == "gzip"; got != test.want {
			t.Errorf("Accept-Encoding %q: compressed %v, want %v", test.accept, got, test.want)
		}
		if test.want {
			r, err := gzip.NewReader(bytes.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			if content, err = io.ReadAll(r); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(content, plain) {
			t.Errorf("Accept-Encoding %q: another content", test.accept)
		}
	}
}

func TestOtherAddresses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, method, address string
		status                int
	}{
		{"unknown file", "GET", "/static/" + load().fingerprint + "/app.html", http.StatusNotFound},
		{"source", "GET", "/static/" + load().fingerprint + "/static.go", http.StatusNotFound},
		{"folder", "GET", "/static/" + load().fingerprint + "/", http.StatusNotFound},
		{"root", "GET", "/static/", http.StatusNotFound},
		{"deeper", "GET", "/static/" + load().fingerprint + "/x/app.css", http.StatusNotFound},
		{"upward", "GET", "/static/" + load().fingerprint + "/../static.go", http.StatusNotFound},
		{"another release", "GET", "/static/0123456789abcdef/app.css", http.StatusOK},
		{"post", "POST", Path("app.css"), http.StatusMethodNotAllowed},
	} {
		response := ask(test.method, test.address, "")
		body(t, response)
		if response.StatusCode != test.status {
			t.Errorf("%s: status %d, want %d", test.name, response.StatusCode, test.status)
		}
		if got := response.Header.Get("Cache-Control"); test.method == "GET" && got != "no-store" {
			t.Errorf("%s: Cache-Control %q", test.name, got)
		}
	}
	response := ask("HEAD", Path("app.css"), "")
	if content := body(t, response); len(content) > 0 || response.Header.Get("Content-Length") == "0" {
		t.Errorf("HEAD: %d bytes, Content-Length %q", len(content), response.Header.Get("Content-Length"))
	}
}

func TestUnknownNamePanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a file that is not embedded got an address")
		}
	}()
	Path("app.html")
}

// TestWeight keeps what a browser loads the first time small: styles, script and icons, compressed.
func TestWeight(t *testing.T) {
	t.Parallel()
	weight := map[string]int{}
	for name, each := range load().assets {
		weight[name] = len(each.gzipped)
	}
	if sum := weight["app.css"] + weight["app.js"]; sum >= 20<<10 {
		t.Errorf("style sheet and script weigh %d bytes compressed", sum)
	}
	if weight["icons.svg"]+weight["favicon.svg"] >= 4<<10 {
		t.Errorf("pictures weigh %v bytes compressed", weight)
	}
}

func TestStyleAndScriptNeedNothingElse(t *testing.T) {
	t.Parallel()
	for name, forbidden := range map[string]string{
		"app.css": `@import|url\(|!important|(?m)^\s*#[a-z]`, "app.js": `innerHTML|outerHTML|insertAdjacentHTML|\beval\b|new Function|document\.write|\bimport\b|\bfetch\((location\.pathname[^,]|[^l])`,
		"icons.svg": `<script|<style|style=|href`, "favicon.svg": `<script|<style|style=|href`,
	} {
		if found := regexp.MustCompile(forbidden).Find(load().assets[name].plain); found != nil {
			t.Errorf("%s holds %q", name, found)
		}
	}
}

// colours reads the custom properties that hold a pair of colours, for light and for dark.
func colours(t *testing.T) map[string][2]string {
	t.Helper()
	found := map[string][2]string{}
	pattern := regexp.MustCompile(`--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)`)
	for _, match := range pattern.FindAllStringSubmatch(string(load().assets["app.css"].plain), -1) {
		found[match[1]] = [2]string{match[2], match[3]}
	}
	return found
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	value, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil {
		t.Fatal(err)
	}
	linear := func(shift uint) float64 {
		c := float64(value>>shift&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(16) + 0.7152*linear(8) + 0.0722*linear(0)
}

// TestContrast asks for WCAG 2.2 AA in both themes: 4.5 for text, 3 for the edges of controls and the focus.
func TestContrast(t *testing.T) {
	t.Parallel()
	all := colours(t)
	type pair struct {
		front, back string
		least       float64
	}
	pairs := []pair{{"edge", "surface", 3}, {"edge", "background", 3}, {"accent", "background", 3}, {"on-accent", "accent-strong", 4.5}, {"accent-strong", "surface", 4.5}, {"text", "accent-soft", 4.5}}
	for _, back := range []string{"background", "surface", "raised"} {
		pairs = append(pairs, pair{"text", back, 4.5}, pair{"muted", back, 4.5})
	}
	for _, hue := range []string{"accent", "controller", "warning", "danger", "good"} {
		pairs = append(pairs, pair{hue, "surface", 4.5}, pair{hue, hue + "-soft", 4.5})
	}
	pairs = append(pairs, pair{"on-accent", "accent", 4.5}, pair{"on-danger", "danger", 4.5})
	for _, each := range pairs {
		for at, theme := range []string{"light", "dark"} {
			front, back := all[each.front], all[each.back]
			if front[at] == "" || back[at] == "" {
				t.Fatalf("no colour %s or %s", each.front, each.back)
			}
			a, b := luminance(t, front[at]), luminance(t, back[at])
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < each.least {
				t.Errorf("%s: %s on %s has contrast %.2f, want %.1f", theme, each.front, each.back, ratio, each.least)
			}
		}
	}
}
