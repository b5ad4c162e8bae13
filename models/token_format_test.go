package models

import (
	"regexp"
	"testing"
)

func TestTokenFormat(t *testing.T) {
	t.Parallel()
	for prefix, pattern := range map[string]string{"": `^[A-Za-z0-9]{30}$`, "acme_": `^acme_[A-Za-z0-9]{36}$`} {
		format := TokenFormat{Prefix: prefix}
		seen := map[string]bool{}
		for range 100 {
			token := format.New()
			value := token.Reveal()
			if !regexp.MustCompile(pattern).MatchString(value) || seen[value] {
				t.Errorf("prefix %q: made %s", prefix, value)
			}
			seen[value] = true
			if hint := format.Hint(token); hint != value[len(prefix):len(prefix)+4] {
				t.Errorf("prefix %q: the hint of %s is %q", prefix, value, hint)
			}
			if body := value[:30+len(prefix)]; prefix != "" && checksum(body) != value[len(body):] {
				t.Errorf("%s does not end with the checksum %s", value, checksum(body))
			}
		}
	}
}

// The checksum is what a scanner computes for itself: CRC-32 as in zip files, in base 62.
func TestChecksum(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "AAAAAA", "123456789": "DtjbWO", "acme_ABCDEFGHIJKLMNOPQRSTUVWXYZabcd": "EJuvY5"} {
		if got := checksum(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}
