package models

import (
	"errors"
	"slices"
	"testing"
)

// TestParseScope: one or more of the two words, each once, separated by single spaces (RFC 6749 §3.3, contract §1.1, case 5).
func TestParseScope(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		want       Scope
		err        *ScopeError
	}{
		{"case 5 read", "read", "read", nil},
		{"case 5 write", "write", "write", nil},
		{"case 5 both", "read write", "read write", nil},
		{"case 5 the order is kept", "write read", "write read", nil},
		{"case 5 empty", "", "", &ScopeError{}},
		{"case 5 twice", "read read", "", &ScopeError{Word: "read", Repeated: true}},
		{"twice, apart", "write read write", "", &ScopeError{Word: "write", Repeated: true}},
		{"case 5 other case", "Write", "", &ScopeError{Word: "Write"}},
		{"case 5 unknown", "foo", "", &ScopeError{Word: "foo"}},
		{"case 5 unknown at the end", "read write foo", "", &ScopeError{Word: "foo"}},
		{"the first unknown is named", "foo bar", "", &ScopeError{Word: "foo"}},
		{"unknown and twice", "foo foo", "", &ScopeError{Word: "foo"}},
		{"a part of a word", "rea", "", &ScopeError{Word: "rea"}},
		{"more than a word", "readwrite", "", &ScopeError{Word: "readwrite"}},
		{"a comma", "read,write", "", &ScopeError{Word: "read,write"}},
		{"space before", " read", "", &ScopeError{}},
		{"space after", "read ", "", &ScopeError{}},
		{"two spaces", "read  write", "", &ScopeError{}},
		{"space only", " ", "", &ScopeError{}},
		{"tab", "read\twrite", "", &ScopeError{Word: "read\twrite"}},
		{"newline", "read\n", "", &ScopeError{Word: "read\n"}},
		{"NUL", "read\x00", "", &ScopeError{Word: "read\x00"}},
		{"no-break space", "read\u00a0write", "", &ScopeError{Word: "read\u00a0write"}},
		{"look-alike letter", "re\u0430d", "", &ScopeError{Word: "re\u0430d"}},
		{"broken UTF-8", "read\xff", "", &ScopeError{Word: "read\xff"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseScope(test.text)
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			var problem *ScopeError
			switch {
			case test.err == nil && err != nil:
				t.Errorf("got error %v", err)
			case test.err != nil && (!errors.As(err, &problem) || *problem != *test.err):
				t.Errorf("got error %+v, want %+v", err, test.err)
			}
		})
	}
}

func TestScopeErrorText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":          "scope is empty or has a space too many",
		"foo":       `scope "foo" is unknown`,
		"read read": `scope "read" is repeated`,
		"fo\no":     `scope "fo\no" is unknown`,
	} {
		if _, err := ParseScope(text); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// TestScopeCovers: "write" includes "read" (contract §4.2), so a scope covers another when nothing is gained by the other.
func TestScopeCovers(t *testing.T) {
	t.Parallel()
	nothing, reads, writes := []Scope{"", "admin", "Read"}, []Scope{"read"}, []Scope{"write", "read write", "write read"}
	levels := [][]Scope{nothing, reads, writes}
	for level, scopes := range levels {
		for _, scope := range scopes {
			if got, want := scope.AllowsRead(), level >= 1; got != want {
				t.Errorf("%q allows read: got %t, want %t", scope, got, want)
			}
			if got, want := scope.AllowsWrite(), level >= 2; got != want {
				t.Errorf("%q allows write: got %t, want %t", scope, got, want)
			}
			for otherLevel, others := range levels {
				for _, other := range others {
					if got, want := scope.Covers(other), level >= otherLevel; got != want {
						t.Errorf("%q covers %q: got %t, want %t", scope, other, got, want)
					}
				}
			}
		}
	}
}

func TestScopeWords(t *testing.T) {
	t.Parallel()
	for scope, want := range map[Scope][]string{"": {}, "read": {"read"}, "write read": {"write", "read"}} {
		if got := scope.Words(); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", scope, got, want)
		}
	}
}

// FuzzParseScope: what is accepted is one of four texts, whatever comes.
func FuzzParseScope(f *testing.F) {
	for _, seed := range []string{"", "read", "write", "read write", "write read", "read read", " read", "foo"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		scope, err := ParseScope(text)
		known := slices.Contains([]string{"read", "write", "read write", "write read"}, text)
		if (err == nil) != known || known && string(scope) != text || !known && scope != "" {
			t.Errorf("%q: got %q, %v", text, scope, err)
		}
	})
}
