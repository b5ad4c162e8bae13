package templates

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

func parseAll(t *testing.T) *Set {
	t.Helper()
	set, err := Parse(func(name string) string { return "/static/0123456789abcdef/" + name })
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func render(t *testing.T, set *Set, page string, data any) (string, *html.Node) {
	t.Helper()
	var out bytes.Buffer
	if err := set.Render(&out, page, data); err != nil {
		t.Fatal(err)
	}
	document, err := html.Parse(bytes.NewReader(out.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), document
}

// emptySamples are the zero structs of all pages: nothing is there and nobody is signed in.
func emptySamples() []sample {
	var samples []sample
	for _, each := range filledSamples() {
		if len(samples) > 0 && samples[len(samples)-1].page == each.page {
			continue
		}
		samples = append(samples, sample{each.page, "zero", reflect.Zero(reflect.TypeOf(each.data)).Interface()})
	}
	return samples
}

func TestEveryPageHasASample(t *testing.T) {
	t.Parallel()
	var pages []string
	for _, each := range emptySamples() {
		pages = append(pages, each.page)
	}
	slices.Sort(pages)
	if want := parseAll(t).Names(); !slices.Equal(pages, want) {
		t.Errorf("pages with samples: %v, pages: %v", pages, want)
	}
}

func TestPagesAreSound(t *testing.T) {
	t.Parallel()
	set := parseAll(t)
	for _, each := range append(filledSamples(), emptySamples()...) {
		t.Run(each.page+"/"+each.name, func(t *testing.T) {
			t.Parallel()
			text, document := render(t, set, each.page, each.data)
			for _, fault := range check(document) {
				t.Error(fault)
			}
			if strings.Contains(text, "ZgotmplZ") {
				t.Error("a value was refused by its context")
			}
		})
	}
}

// TestHostileTextStaysText fills every string of every page with markup, and with an address that would run a script.
func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	set := parseAll(t)
	hostile := []string{`"><script>alert(1)</script><img src=x onerror=alert(1)>`, `' onfocus=alert(1) x='</textarea></title></select>`, `javascript:alert(1)`}
	for _, each := range emptySamples() {
		for _, text := range hostile {
			t.Run(each.page, func(t *testing.T) {
				t.Parallel()
				value := reflect.New(reflect.TypeOf(each.data)).Elem()
				fill(value, text)
				_, document := render(t, set, each.page, value.Interface())
				for _, fault := range checkHarmless(document) {
					t.Error(fault)
				}
				if !strings.Contains(content(document), text) {
					t.Errorf("the page does not show %q", text)
				}
			})
		}
	}
}

// fill puts text into every string, one element into every slice, and makes everything else true, 3 or now.
func fill(v reflect.Value, text string) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int64:
		v.SetInt(3)
	case reflect.Int:
		v.SetInt(404)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), text)
		fill(v.Index(1), text)
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string][]string{"search": {text}, "order_by": {text}, "owner": {text}}).Convert(v.Type()))
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(sampleNow))
			return
		}
		for at := range v.NumField() {
			fill(v.Field(at), text)
		}
	default:
		panic("fill: " + v.Kind().String())
	}
}

func TestRenderWritesNothingOnError(t *testing.T) {
	t.Parallel()
	set := parseAll(t)
	var out bytes.Buffer
	if err := set.Render(&out, "tokens", struct{ Page }{}); err == nil {
		t.Error("a page was filled with a struct of another page")
	}
	if err := set.Render(&out, "nothing", Page{}); err == nil {
		t.Error("a page that does not exist was rendered")
	}
	if out.Len() > 0 {
		t.Errorf("written: %q", out.String())
	}
}

func TestThemeIsWrittenOnlyIfKnown(t *testing.T) {
	t.Parallel()
	set := parseAll(t)
	for _, test := range []struct {
		theme string
		want  string
	}{{"", ""}, {"light", "light"}, {"dark", "dark"}, {"sepia", ""}, {`dark" onload="x`, ""}} {
		_, document := render(t, set, "login", LoginPage{Page: Page{Theme: test.theme}})
		if got := attribute(find(document, "html")[0], "data-theme"); got != test.want {
			t.Errorf("theme %q: got data-theme %q, want %q", test.theme, got, test.want)
		}
	}
}
