package console

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	exportTime = time.Hour        // the longest that an export takes
	sendTime   = 30 * time.Second // how long a browser may keep from taking the next part of it
	exportedAt = "2006-01-02T15:04:05.000000Z"
)

// export is a list as a file: whatever the address of the list asks for, in its order, all pages at once (ADR 0025).
type export struct {
	list    string // the name of the list, of its path and of the file
	columns []string
	rows    func(c *gin.Context, row func(cells ...any) error) error // a cell is a text, bool, number, time, or what JSON makes of it
}

// exportPages are the addresses of all exports.
func (w *Console) exportPages() []page {
	var pages []page
	for _, e := range w.exports() {
		for _, format := range []string{"csv", "json"} {
			pages = append(pages, page{method: http.MethodGet, path: "/" + e.list + "/export." + format, long: true,
				handler: func(c *gin.Context) error { return w.export(c, e, format) }})
		}
	}
	return pages
}

// errHeadersOnly ends an export of which only the headers were asked for.
var errHeadersOnly = errors.New("headers only")

// export sends a list. What fails before the first row is a page like any other; after that the connection is cut, so that nobody takes a
// part for the whole.
func (w *Console) export(c *gin.Context, e export, format string) error {
	ctx, cancel := context.WithTimeout(c.Request.Context(), exportTime)
	defer cancel()
	c.Request = c.Request.WithContext(ctx)
	file := &download{c: c, export: e, format: format, name: fmt.Sprintf("%s-%s.%s", e.list, w.server.Now().Format(time.DateOnly), format)}
	err := e.rows(c, file.row)
	if err == nil {
		err = file.end()
	}
	switch {
	case err == nil, errors.Is(err, errHeadersOnly):
		return nil
	case !file.begun:
		return err
	}
	w.log.WarnContext(ctx, "an export was cut short", "request_id", c.Writer.Header().Get("X-Request-ID"), "path", c.Request.URL.Path,
		"rows", file.count, "error", err)
	cut(c)
	panic(http.ErrAbortHandler)
}

// cut resets the connection of an HTTP/1.0 client, to which a connection that is merely closed is the end of a whole answer. For all others
// the missing end of the answer says enough.
func cut(c *gin.Context) {
	inner, ok := c.Writer.(interface{ Unwrap() http.ResponseWriter })
	if !ok || c.Request.ProtoAtLeast(1, 1) {
		return
	}
	connection, _, err := http.NewResponseController(inner.Unwrap()).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = connection.Close()
}

// download writes the file, from the first row on.
type download struct {
	c            *gin.Context
	export       export
	format, name string
	begun        bool
	count        int
	out          *bufio.Writer
	csv          *csv.Writer // nil for JSON
}

func (d *download) begin() error {
	header := d.c.Writer.Header()
	header.Set("Content-Type", "application/json")
	if d.format == "csv" {
		header.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	}
	header.Set("Content-Disposition", `attachment; filename="`+d.name+`"`)
	d.c.Status(http.StatusOK)
	d.begun = true
	if d.c.Request.Method == http.MethodHead {
		d.c.Writer.WriteHeaderNow()
		return errHeadersOnly
	}
	d.out = bufio.NewWriterSize(patient{d.c}, 32<<10)
	if d.format != "csv" {
		_, err := d.out.WriteString("[")
		return err
	}
	d.csv = csv.NewWriter(d.out)
	d.csv.UseCRLF = true
	return d.csv.Write(d.export.columns)
}

func (d *download) row(cells ...any) error {
	if !d.begun {
		if err := d.begin(); err != nil {
			return err
		}
	}
	d.count++
	if d.csv != nil {
		texts := make([]string, len(cells))
		for n := range cells {
			texts[n] = csvCell(cells[n])
		}
		return d.csv.Write(texts)
	}
	separator := ",\n{"
	if d.count == 1 {
		separator = "\n{"
	}
	_, _ = d.out.WriteString(separator) // what fails here fails again below
	for n := range cells {
		value, err := json.Marshal(jsonCell(cells[n]))
		if err != nil {
			return err
		}
		if n > 0 {
			_ = d.out.WriteByte(',')
		}
		_, _ = d.out.WriteString(strconv.Quote(d.export.columns[n]) + ":")
		_, _ = d.out.Write(value)
	}
	return d.out.WriteByte('}')
}

// end completes the file, which has no rows where none has begun it.
func (d *download) end() error {
	if !d.begun {
		if err := d.begin(); err != nil {
			return err
		}
	}
	if d.csv != nil {
		d.csv.Flush()
		return d.csv.Error()
	}
	_, _ = d.out.WriteString("\n]\n")
	return d.out.Flush()
}

// patient gives the browser its time again for each part.
type patient struct{ c *gin.Context }

func (p patient) Write(part []byte) (int, error) {
	_ = http.NewResponseController(p.c.Writer).SetWriteDeadline(time.Now().Add(sendTime)) // no connection, no deadline
	n, err := p.c.Writer.Write(part)
	if err == nil && n < len(part) {
		err = io.ErrShortWrite
	}
	return n, err
}

func jsonCell(cell any) any {
	if at, ok := cell.(time.Time); ok {
		if at.IsZero() {
			return nil
		}
		return at.UTC().Format(exportedAt)
	}
	return cell
}

func csvCell(cell any) string {
	switch cell := jsonCell(cell).(type) {
	case nil:
		return ""
	case string:
		return asText(cell)
	case bool:
		return strconv.FormatBool(cell)
	case int64:
		return strconv.FormatInt(cell, 10)
	case *int64:
		return optionalID(cell)
	default:
		text, _ := json.Marshal(cell) // as the same cell is written in JSON
		return asText(string(text))
	}
}

// What spreadsheets take for the beginning of a formula, in all widths, and where a cell begins for those that part lines at other characters
// than the comma. White space and what cannot be seen may stand before.
const (
	formula   = `[=+\-@＝＋－＠﹦﹢﹣﹫−]`
	invisible = `[\s\p{Z}\p{C}]*`
)

var (
	beginsFormula = regexp.MustCompile(`^(?:[\t\r\n]|` + invisible + formula + `)`)
	innerFormula  = regexp.MustCompile(`([;|\t\r\n]` + invisible + `)(` + formula + `)`)
)

// asText keeps a spreadsheet from calculating what somebody has called their token.
func asText(text string) string {
	text = innerFormula.ReplaceAllString(text, "$1'$2")
	if beginsFormula.MatchString(text) {
		return "'" + text
	}
	return text
}
