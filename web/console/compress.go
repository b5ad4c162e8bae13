package console

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"

	"gatehouse/static"
)

// compressors are kept, since making one costs more than a page.
var compressors = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// answer writes a page, compressed where it may be.
func (w *Console) answer(c *gin.Context, status int, page []byte) error {
	c.Header("Vary", "Accept-Encoding, Sec-Fetch-Site")
	if w.compressible(c.Request) {
		var out bytes.Buffer
		if err := compress(&out, page); err != nil {
			return err
		}
		c.Header("Content-Encoding", "gzip")
		page = out.Bytes()
	}
	c.Data(status, "text/html; charset=utf-8", page)
	return nil
}

func compress(out *bytes.Buffer, page []byte) error {
	writer, _ := compressors.Get().(*gzip.Writer)
	defer compressors.Put(writer)
	writer.Reset(out)
	if _, err := writer.Write(page); err != nil {
		return err
	}
	return writer.Close()
}

// compressible reports whether the answer may be compressed: the browser takes gzip, and no other site made it ask. One that did, and that
// sees how long answers are, could put guesses into the address and learn from the length which of them the page holds (ADR 0027). Over plain
// http, where browsers do not say who made them ask, there is nothing that such a site would not see anyway.
func (w *Console) compressible(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
	case "":
		if w.secure {
			return false
		}
	default:
		return false
	}
	return static.AcceptsGzip(r.Header.Get("Accept-Encoding"))
}
