// Package templates holds every page that a person sees, and the struct that each page is filled with. It turns a struct into HTML
// and decides nothing else: who may see a page, and what its numbers are, is known to the handlers. It imports the standard library
// only.
//
// A page is a file below pages that defines "title" and "main", which the layout shows, and what else it needs; pages in pages/bare stand alone
// on the screen (sign-in, consent). All share the partials, in one set: a clone for each page would take twenty times the memory. So what a page
// defines has a name of its own. Nothing is registered: Parse walks the folder. No page holds an inline script or
// style, so that the Content-Security-Policy needs neither nonce nor hash.
package templates

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"regexp"
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
	shared, err := template.New("shared").Funcs(functions(asset)).ParseFS(files, "partials/*.html")
	if err != nil {
		return nil, fmt.Errorf("parse partials: %w", err)
	}
	set := &Set{pages: map[string]*template.Template{}}
	err = fs.WalkDir(files, "pages", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if err := set.add(shared, file); err != nil {
			return fmt.Errorf("parse %s: %w", file, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return set, nil
}

var definition = regexp.MustCompile(`{{define "([^"]+)"}}`)

// add parses a page and its layout. The blocks of a page are called after it, in the layout too.
func (s *Set) add(shared *template.Template, file string) error {
	name, layout := strings.TrimSuffix(path.Base(file), ".html"), "layout.html"
	if path.Base(path.Dir(file)) == "bare" {
		layout = "bare.html"
	}
	if s.pages[name] != nil {
		return errors.New("two pages have this name")
	}
	own := strings.NewReplacer(`"title"}}`, `"title of `+name+`"}}`, `"title" .}}`, `"title of `+name+`" .}}`,
		`"main"}}`, `"main of `+name+`"}}`, `"main" .}}`, `"main of `+name+`" .}}`)
	for _, each := range []string{file, layout} {
		text, err := files.ReadFile(each)
		if err != nil {
			return err
		}
		written := own.Replace(string(text))
		for _, defined := range definition.FindAllStringSubmatch(written, -1) {
			if shared.Lookup(defined[1]) != nil {
				return fmt.Errorf("%q is defined twice", defined[1])
			}
		}
		if s.pages[name], err = shared.New("page " + name).Parse(written); err != nil {
			return err
		}
	}
	for _, block := range []string{"title", "main"} {
		if shared.Lookup(block+" of "+name) == nil {
			return fmt.Errorf("it does not define %q", block)
		}
	}
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
