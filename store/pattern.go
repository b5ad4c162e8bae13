package store

import (
	"context"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"sync"
	"time"
	"unicode"
)

// Bounds of a regular expression.
const (
	mostPattern = 1_000 // bytes
	mostRepeat  = 255   // PostgreSQL's own bound
	mostProgram = 2_000 // steps of the program that it becomes
	mostSpelled = 100_000

	keptPrograms = 64
)

// regularExpression is a pattern in the words of one database. Patterns are what Go's package regexp takes, without (?m): no references
// back and no looking around, so SQLite, where that package runs, needs time in proportion to the text. PostgreSQL gets the same
// expression spelled out, so that both find the same rows.
func regularExpression(pattern string, folded bool, dialect string) (string, error) {
	if len(pattern) > mostPattern {
		return "", fmt.Errorf("the regular expression is too long")
	}
	if folded {
		pattern = "(?i)" + pattern
	}
	tree, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", fmt.Errorf("invalid regular expression: %s", short(strings.TrimPrefix(err.Error(), "error parsing regexp: ")))
	}
	var spelled strings.Builder
	if err := spell(&spelled, tree); err != nil {
		return "", err
	}
	if program, err := syntax.Compile(tree.Simplify()); err != nil || len(program.Inst) > mostProgram || spelled.Len() > mostSpelled {
		return "", fmt.Errorf("the regular expression is too complex")
	}
	if dialect == SQLite {
		return pattern, nil
	}
	return spelled.String(), nil
}

// spell writes the expression with those means of PostgreSQL that mean the same as here: every case of a letter, every class and every
// special character is written out. Which of several matches is found, and what of it is in parentheses, nobody asks.
func spell(to *strings.Builder, e *syntax.Regexp) error {
	switch e.Op {
	case syntax.OpNoMatch:
		to.WriteString(nowhere)
	case syntax.OpEmptyMatch:
		to.WriteString("(?:)")
	case syntax.OpLiteral:
		for _, letter := range e.Rune {
			spellLetter(to, letter, e.Flags&syntax.FoldCase != 0)
		}
	case syntax.OpCharClass:
		spellClass(to, e.Rune)
	case syntax.OpAnyCharNotNL:
		to.WriteString(`[^\u000a]`)
	case syntax.OpAnyChar:
		to.WriteString(".")
	case syntax.OpBeginText:
		to.WriteString("^")
	case syntax.OpEndText:
		to.WriteString("$")
	case syntax.OpBeginLine, syntax.OpEndLine:
		return fmt.Errorf("regular expressions over several lines, (?m), are not supported")
	case syntax.OpWordBoundary:
		to.WriteString(`\y`)
	case syntax.OpNoWordBoundary:
		to.WriteString(`\Y`)
	default:
		return spellCompound(to, e)
	}
	return nil
}

func spellCompound(to *strings.Builder, e *syntax.Regexp) error {
	between, after := "", ""
	switch e.Op {
	case syntax.OpAlternate:
		between = "|"
	case syntax.OpStar:
		after = "*"
	case syntax.OpPlus:
		after = "+"
	case syntax.OpQuest:
		after = "?"
	case syntax.OpRepeat:
		if e.Min > mostRepeat || e.Max > mostRepeat {
			return fmt.Errorf("regular expressions repeat at most %d times", mostRepeat)
		}
		after = fmt.Sprintf("{%d,%d}", e.Min, e.Max)
		if e.Max < 0 {
			after = fmt.Sprintf("{%d,}", e.Min)
		}
	}
	to.WriteString("(?:")
	for n, each := range e.Sub {
		if n > 0 {
			to.WriteString(between)
		}
		if err := spell(to, each); err != nil {
			return err
		}
	}
	to.WriteString(")" + after)
	return nil
}

func spellLetter(to *strings.Builder, letter rune, folded bool) {
	class := []rune{letter, letter}
	if folded {
		for other := unicode.SimpleFold(letter); other != letter; other = unicode.SimpleFold(other) {
			class = append(class, other, other)
		}
	}
	spellClass(to, class)
}

// nowhere is what no text matches.
const nowhere = "$."

// spellClass writes a class of characters as ranges of code points.
func spellClass(to *strings.Builder, ranges []rune) {
	var class strings.Builder
	for n := 0; n+1 < len(ranges); n += 2 {
		low, high := max(ranges[n], 1), ranges[n+1] // no text holds NUL
		if low <= high {
			fmt.Fprintf(&class, `\U%08x-\U%08x`, low, high)
		}
	}
	if class.Len() == 0 {
		to.WriteString(nowhere)
		return
	}
	to.WriteString("[" + class.String() + "]")
}

// programs keeps the expressions that SQLite asked for last: it asks once for each row.
var programs = struct {
	sync.Mutex
	kept map[string]*regexp.Regexp
}{kept: map[string]*regexp.Regexp{}}

// matchesPattern is the function regexp of SQLite. SQLite cannot end it, only what comes after it, so it ends by itself.
func matchesPattern(pattern, text string, until time.Time) (bool, error) {
	programs.Lock()
	program, ok := programs.kept[pattern]
	programs.Unlock()
	if !ok {
		var err error
		if program, err = regexp.Compile(pattern); err != nil {
			return false, err
		}
		programs.Lock()
		if len(programs.kept) >= keptPrograms {
			clear(programs.kept)
		}
		programs.kept[pattern] = program
		programs.Unlock()
	}
	if len(text) <= longText {
		return program.MatchString(text), nil
	}
	reader := patientReader{text: strings.NewReader(text), until: until}
	matched := program.MatchReader(&reader)
	return matched, reader.err
}

// longText is what takes a while to match, in bytes.
const longText = 10_000

// patientReader gives a long text to an expression until time is up.
type patientReader struct {
	text  *strings.Reader
	until time.Time
	read  int
	err   error
}

// ReadRune gives the next character.
func (r *patientReader) ReadRune() (rune, int, error) {
	if r.read++; r.read%256 == 0 && time.Now().After(r.until) {
		r.err = context.DeadlineExceeded
		return 0, 0, r.err
	}
	return r.text.ReadRune()
}
