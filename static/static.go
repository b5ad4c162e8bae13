// Package static holds what pages load: one style sheet, one script and the icons. They are embedded, compressed once, and
// served under an address that holds a digest of their content, so that a browser keeps them for a year and never has stale ones.
// Which page uses them is not known here.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Prefix is the path below which Handler answers.
const Prefix = "/static/"

//go:embed app.css app.js favicon.svg icons.svg
var files embed.FS

var contentTypes = map[string]string{
	"app.css":     "text/css; charset=utf-8",
	"app.js":      "text/javascript; charset=utf-8",
	"favicon.svg": "image/svg+xml",
	"icons.svg":   "image/svg+xml",
}

type asset struct {
	contentType string
	plain       []byte
	gzipped     []byte
}

type bundle struct {
	fingerprint string // one for all files, so that the style sheet may name its neighbours
	assets      map[string]asset
}

var load = sync.OnceValue(func() bundle {
	b := bundle{assets: map[string]asset{}}
	all := sha256.New()
	add := func(name string, made asset, err error) {
		if err != nil {
			panic(fmt.Sprintf("static: %v", err)) // a broken build
		}
		digest := sha256.Sum256(made.plain)
		all.Write(digest[:])
		b.assets[name] = made
	}
	for _, name := range slices.Sorted(maps.Keys(contentTypes)) {
		plain, err := files.ReadFile(name)
		add(name, asset{contentTypes[name], plain, compress(plain)}, err)
	}
	b.fingerprint = hex.EncodeToString(all.Sum(nil)[:8])
	return b
})

// Path is the address of the file with that name. It panics for a name that is not embedded.
func Path(name string) string {
	b := load()
	if _, ok := b.assets[name]; !ok {
		panic(fmt.Sprintf("static: no file %q", name))
	}
	return Prefix + b.fingerprint + "/" + name
}

// Handler answers the addresses that Path makes. An address with another fingerprint comes from a page of an older or newer
// release that runs beside this one: it gets the file as it is here, and nobody keeps it.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		b := load()
		fingerprint, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
		file, ok := b.assets[name]
		switch {
		case !ok:
			w.Header().Set("Cache-Control", "no-store")
			http.Error(w, "not found", http.StatusNotFound)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		default:
			serve(w, r, file, fingerprint == b.fingerprint)
		}
	})
}

func serve(w http.ResponseWriter, r *http.Request, file asset, current bool) {
	header, body := w.Header(), file.plain
	header.Set("Content-Type", file.contentType)
	header.Set("Vary", "Accept-Encoding")
	header.Set("Cache-Control", "no-store")
	if current {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if AcceptsGzip(r.Header.Get("Accept-Encoding")) {
		header.Set("Content-Encoding", "gzip")
		body = file.gzipped
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(body) // the reader may go away
	}
}

// AcceptsGzip reads Accept-Encoding (RFC 9110 §12.5.3): gzip is named, and not with weight 0.
func AcceptsGzip(header string) bool {
	for _, each := range strings.Split(header, ",") {
		coding, weight, _ := strings.Cut(each, ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			continue
		}
		value, _ := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(weight, " ", "")), "q=")
		quality, err := strconv.ParseFloat(value, 64)
		return err != nil || quality > 0
	}
	return false
}

func compress(plain []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(plain)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(fmt.Sprintf("static: compress: %v", err)) // writing to memory does not fail
	}
	return out.Bytes()
}
