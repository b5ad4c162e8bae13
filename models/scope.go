package models

import (
	"fmt"
	"strings"
)

// Scope is a list of scope words separated by single spaces, in the order in which they were asked (RFC 6749 §3.3).
// "write" includes "read".
type Scope string

// The scopes there are. ScopeAll is what the token endpoint grants when none is asked, ScopeWrite what the REST APIs default to.
const (
	ScopeRead  Scope = "read"
	ScopeWrite Scope = "write"
	ScopeAll   Scope = "read write"
)

// ScopeError says why a text is no scope.
type ScopeError struct {
	Word     string // the first offending word; "" when the text is empty or has a space too many
	Repeated bool   // the word is known but stands twice
}

// Error is the message for machines; the faces have words of their own.
func (e *ScopeError) Error() string {
	switch {
	case e.Word == "":
		return "scope is empty or has a space too many"
	case e.Repeated:
		return fmt.Sprintf("scope %q is repeated", e.Word)
	default:
		return fmt.Sprintf("scope %q is unknown", e.Word)
	}
}

// ParseScope accepts one or more of the known words, each once, case-sensitive, separated by single spaces.
// Any other text is a *ScopeError.
func ParseScope(text string) (Scope, error) {
	if text == "" {
		return "", &ScopeError{}
	}
	seen := map[string]bool{}
	for _, word := range strings.Split(text, " ") {
		if word != string(ScopeRead) && word != string(ScopeWrite) {
			return "", &ScopeError{Word: word}
		}
		if seen[word] {
			return "", &ScopeError{Word: word, Repeated: true}
		}
		seen[word] = true
	}
	return Scope(text), nil
}

// AllowsWrite reports whether the scope permits changes.
func (s Scope) AllowsWrite() bool { return s.has(ScopeWrite) }

// AllowsRead reports whether the scope permits reading.
func (s Scope) AllowsRead() bool { return s.has(ScopeRead) || s.AllowsWrite() }

// Covers reports whether everything that other permits is permitted by s.
func (s Scope) Covers(other Scope) bool {
	return (s.AllowsWrite() || !other.AllowsWrite()) && (s.AllowsRead() || !other.AllowsRead())
}

// Words lists the scope's words in their order.
func (s Scope) Words() []string { return strings.Fields(string(s)) }

func (s Scope) has(word Scope) bool {
	for _, each := range s.Words() {
		if Scope(each) == word {
			return true
		}
	}
	return false
}
