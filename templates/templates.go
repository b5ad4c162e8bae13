// Package templates holds every page that a person sees, and the struct that each page is filled with. It turns a struct into HTML
// and decides nothing else: who may see a page, and what its numbers are, is known to the handlers. It imports the standard library
// only.
//
// A page is a file below pages that defines "title" and "main". It is a clone of the layout and the partials; pages in pages/bare
// stand alone on the screen (sign-in, consent). Nothing is registered: Parse walks the folder. No page holds an inline script or
// style, so that the Content-Security-Policy needs neither nonce nor hash.
package templates

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
)

//go:embed layout.html bare.html partials pages
var files embed.FS

// Set is every page, parsed. It is safe for concurrent use.
type Set struct {
	pages map[string]*template.Template
}

// Parse parses all pages. asset gives the address of a static file by its name. An error means that the build is broken.
func Parse(asset func(name string) string) (*Set, error) {
	shared, err := template.New("shared").Funcs(functions(asset)).ParseFS(files, "layout.html", "bare.html", "partials/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse layout: %w", err)
	}
	set := &Set{pages: map[string]*template.Template{}}
	err = fs.WalkDir(files, "pages", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return set.add(shared, file)
	})
	if err != nil {
		return nil, err
	}
	return set, nil
}

func (s *Set) add(shared *template.Template, file string) error {
	name := strings.TrimSuffix(path.Base(file), ".html")
	if s.pages[name] != nil {
		return fmt.Errorf("parse %s: two pages have this name", file)
	}
	page, err := shared.Clone()
	if err == nil {
		page, err = page.ParseFS(files, file)
	}
	if err != nil {
		return fmt.Errorf("parse %s: %w", file, err)
	}
	for _, block := range []string{"title", "main"} {
		if page.Lookup(block) == nil {
			return fmt.Errorf("parse %s: it does not define %q", file, block)
		}
	}
	layout := "layout"
	if path.Base(path.Dir(file)) == "bare" {
		layout = "bare"
	}
	s.pages[name] = page.Lookup(layout)
	return nil
}

// Names lists the pages in alphabetical order.
func (s *Set) Names() []string {
	var names []string
	for name := range s.pages {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Render writes the page filled with data, the struct of that page. On an error nothing was written, unless it comes from w.
func (s *Set) Render(w io.Writer, page string, data any) error {
	t := s.pages[page]
	if t == nil {
		return fmt.Errorf("render page %q: there is none", page)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, data); err != nil {
		return fmt.Errorf("render page %q: %w", page, err)
	}
	if _, err := out.WriteTo(w); err != nil {
		return fmt.Errorf("write page %q: %w", page, err)
	}
	return nil
}

// functions are all that pages can call; each depends on its arguments alone.
func functions(asset func(name string) string) template.FuncMap {
	return template.FuncMap{
		"asset":    asset,
		"copyable": copyable,
		"field":    field,
		"link":     func(id int64, name string) Link { return Link{id, name} },
		"moment":   moment,
		"number":   number,
		"plural":   plural,
		"prose":    prose,
		"tick":     tick,
		"words":    strings.Fields,
	}
}
