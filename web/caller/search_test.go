package caller

import (
	"encoding/base64"
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzBasic: what comes out is what went in, and nothing that a database refuses.
func FuzzBasic(f *testing.F) {
	for _, seed := range []string{"", ":", "alice:secret", "alice:a:b", "a\x00:b", "a\xff:b"} {
		f.Add(base64.StdEncoding.EncodeToString([]byte(seed)))
	}
	f.Add("!")
	f.Fuzz(func(t *testing.T, value string) {
		username, password, ok := decodeBasic(value)
		if !ok {
			return
		}
		plain, err := base64.StdEncoding.DecodeString(value)
		if err != nil || username+":"+password != string(plain) || strings.Contains(username, ":") {
			t.Errorf("%q became %q and %q", value, username, password)
		}
		if strings.ContainsRune(username+password, 0) || !utf8.ValidString(username+password) {
			t.Errorf("%q let %q and %q through", value, username, password)
		}
	})
}
