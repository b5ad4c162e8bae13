package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

const conformancePage = "docs/conformance.md"

// testFiles is what one package's test files offer: its test functions, and every string in them (names of subtests are among these).
type testFiles struct {
	functions map[string]bool
	strings   map[string]bool
}

// TestConformancePage checks that docs/conformance.md names only tests that exist and leaves out no numbered case.
func TestConformancePage(t *testing.T) {
	rows := readRows(t, conformancePage)
	packages := readTests(t, ".")
	missing := 0
	for _, row := range rows {
		if row.shown == "*missing*" {
			missing++
			continue
		}
		names, err := testNames(row.shown)
		if err != nil {
			t.Errorf("%s:%d: %v", conformancePage, row.line, err)
		}
		for _, name := range names {
			if err := packages.find(name); err != nil {
				t.Errorf("%s:%d: %v", conformancePage, row.line, err)
			}
		}
	}
	checkNumbers(t, rows, "Acceptance cases", 80)
	checkNumbers(t, rows, "Client needs", 15)
	t.Logf("%d promises, %d of them not shown by a test yet", len(rows), missing)
}

type conformanceRow struct {
	line               int
	section, id, shown string
}

func readRows(t *testing.T, path string) []conformanceRow {
	t.Helper()
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var rows []conformanceRow
	section := ""
	for i, line := range strings.Split(string(page), "\n") {
		if title, ok := strings.CutPrefix(line, "## "); ok {
			section = title
		}
		cells := strings.Split(line, "|")
		if !strings.HasPrefix(line, "|") || line == "| | promise | shown by |" || line == "|---|---|---|" {
			continue
		}
		if len(cells) != 5 || strings.TrimSpace(cells[1]) == "" {
			t.Fatalf("%s:%d: not a row of three cells: %s", path, i+1, line)
		}
		rows = append(rows, conformanceRow{i + 1, section, strings.TrimSpace(cells[1]), strings.TrimSpace(cells[3])})
	}
	return rows
}

var testName = regexp.MustCompile("^`([a-z0-9]+\\.Test[A-Za-z0-9_]+(/[^`]+)?)`$")

// testNames splits a cell such as "`server.TestToken/replay`, `store.TestRedeem`".
func testNames(cell string) ([]string, error) {
	var names []string
	for each := range strings.SplitSeq(cell, "`, `") {
		match := testName.FindStringSubmatch("`" + strings.Trim(each, "`") + "`")
		if match == nil {
			return nil, fmt.Errorf("neither *missing* nor a list of tests: %s", cell)
		}
		names = append(names, match[1])
	}
	return names, nil
}

func checkNumbers(t *testing.T, rows []conformanceRow, section string, last int) {
	t.Helper()
	next := 1
	for _, row := range rows {
		if row.section != section {
			continue
		}
		if row.id != strconv.Itoa(next) {
			t.Fatalf("%s:%d: %s %q stands where %d belongs", conformancePage, row.line, section, row.id, next)
		}
		next++
	}
	if next != last+1 {
		t.Errorf("%s: %s end at %d instead of %d", conformancePage, section, next-1, last)
	}
}

// testPackages holds the test files by the name of their package.
type testPackages map[string]testFiles

func readTests(t *testing.T, root string) testPackages {
	t.Helper()
	packages := testPackages{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && strings.HasPrefix(entry.Name(), ".") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		packages.add(file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

func (p testPackages) add(file *ast.File) {
	name := strings.TrimSuffix(file.Name.Name, "_test")
	if _, ok := p[name]; !ok {
		p[name] = testFiles{functions: map[string]bool{}, strings: map[string]bool{}}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.FuncDecl:
			if node.Recv == nil {
				p[name].functions[node.Name.Name] = true
			}
		case *ast.BasicLit:
			if text, err := strconv.Unquote(node.Value); err == nil && node.Kind == token.STRING {
				p[name].strings[text] = true
			}
		}
		return true
	})
}

// find says what is wrong with a name such as "server.TestToken/replay"; a subtest may itself hold slashes.
func (p testPackages) find(name string) error {
	in, rest, _ := strings.Cut(name, ".")
	function, subtest, hasSubtest := strings.Cut(rest, "/")
	if !p[in].functions[function] {
		return fmt.Errorf("there is no test %s in package %s", function, in)
	}
	if !hasSubtest || p[in].strings[subtest] {
		return nil
	}
	for part := range strings.SplitSeq(subtest, "/") {
		if !p[in].strings[part] {
			return fmt.Errorf("package %s has no subtest %q", in, part)
		}
	}
	return nil
}
