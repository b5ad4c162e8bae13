package importer

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5"

	"gatehouse/models"
)

// countCodes tells of authorization codes, which live minutes and are not imported.
func (r *run) countCodes() error {
	if r.source.columns[r.source.tables.codes] == nil {
		return nil
	}
	counted := r.counted(r.source.tables.codes)
	number, err := r.source.number(r.ctx, "SELECT count(*) FROM "+counted.Table)
	if counted.Read = number; number > 0 {
		counted.Skipped["not imported"] = number
	}
	return err
}

// proposed are settings of the source that may be set here as well.
var proposed = []string{"OAUTH2_PROVIDER", "ALLOW_OAUTH2_FOR_EXTERNAL_USERS", "SESSION_COOKIE_AGE", "SESSIONS_PER_USER", "AUTH_BASIC_ENABLED"}

// describe tells what is not imported but worth knowing.
func (r *run) describe() error {
	if err := r.describeTeams(); err != nil {
		return err
	}
	r.report.Settings = map[string]json.RawMessage{}
	if r.From != models.Controller || r.source.columns["conf_setting"] == nil {
		return nil
	}
	rows, err := r.source.tx.Query(r.ctx, "SELECT key, COALESCE(value::text, 'null') FROM conf_setting WHERE key = ANY ($1) AND user_id IS NULL ORDER BY id", proposed)
	if err != nil {
		return failed("read the source's settings", err)
	}
	var key, value string
	_, err = pgx.ForEachRow(rows, []any{&key, &value}, func() error {
		if strings.HasPrefix(value, `"`+encryptedPrefix) {
			return nil
		}
		if encoded, ok := compacted(value); ok {
			r.report.Settings[key] = encoded
		}
		return nil
	})
	return failed("read the source's settings", err)
}

// compacted is JSON in one line of characters that can be printed; false where it is none.
func compacted(text string) (json.RawMessage, bool) {
	var line bytes.Buffer
	if json.Compact(&line, []byte(text)) != nil {
		return nil, false
	}
	var printable strings.Builder
	for _, each := range line.String() { // what cannot be printed can only be in a string
		if unicode.IsPrint(each) || each > 0xffff {
			printable.WriteRune(each)
		} else {
			fmt.Fprintf(&printable, `\u%04x`, each)
		}
	}
	return json.RawMessage(printable.String()), true
}
