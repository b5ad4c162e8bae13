package manage

import (
	"bufio"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"

	"gatehouse/models"
	"gatehouse/server"
)

// settings are what an operator may set. They are read once, at the start.
type settings struct {
	listen            string
	databaseURL       string
	setupCodeFile     string
	superuserPassword models.Secret
	autoClear         bool
	trustedProxies    []netip.Prefix
	basicEnabled      bool
	defaultPageSize   int // 0: as the platform
	maxPageSize       int
	productName       string
	productVersion    string         // "": this build's
	server            server.Options // without Store and Log
}

// given is a value with the place where it was set.
type given struct {
	value  string
	source string // "" for the environment
}

// loadSettings reads the environment, and the file that it names, against the table. An error names the key, its value and what is
// allowed; secrets in values are not repeated.
func loadSettings(environment []string) (*settings, error) {
	values, err := readValues(environment)
	if err != nil {
		return nil, err
	}
	if err := resolveDatabaseURL(values); err != nil {
		return nil, err
	}
	s := &settings{}
	for _, row := range table {
		set, ok := values[row.key]
		if !ok && row.fallback == "" {
			continue
		}
		if !ok {
			set.value = row.fallback
		}
		if !row.set(s, set.value) {
			return nil, notAllowed(row, set, row.allowed)
		}
	}
	if s.defaultPageSize > s.maxPageSize {
		row := table[slices.IndexFunc(table, func(row setting) bool { return row.key == keyDefaultPageSize })]
		return nil, notAllowed(row, values[row.key], fmt.Sprintf("%s, and no more than MAX_PAGE_SIZE, which is %d", row.allowed, s.maxPageSize))
	}
	return s, nil
}

func notAllowed(row setting, set given, allowed string) error {
	value := set.value
	if row.show != nil {
		value = row.show(value)
	}
	return fmt.Errorf("%s=%q%s is not allowed: it must be %s", row.key, value, set.source, allowed)
}

// readValues gathers what is set, in the environment and in the file; the environment wins. A key that starts like ours and is not in
// the table is an error.
func readValues(environment []string) (map[string]given, error) {
	values := map[string]given{}
	for _, entry := range environment {
		key, value, _ := strings.Cut(entry, "=")
		if known(key) || ours(key) && !clusterVariable(environment, key, value) {
			values[key] = given{value: value}
		}
	}
	if file, ok := values[keyConfig]; ok {
		if err := readFile(file.value, values); err != nil {
			return nil, err
		}
	}
	var unknown []string
	for key := range values {
		if !known(key) {
			unknown = append(unknown, key+values[key].source)
		}
	}
	if len(unknown) > 0 {
		return nil, fmt.Errorf("%s is not a setting: `gatehouse settings` lists those there are", slices.Min(unknown))
	}
	return values, nil
}

func known(key string) bool {
	return slices.ContainsFunc(table, func(row setting) bool { return row.key == key })
}

func ours(key string) bool {
	return strings.HasPrefix(key, "GATEHOUSE_") || strings.HasPrefix(key, "OAUTH2_PROVIDER__")
}

// clusterVariable reports whether Kubernetes set the variable by itself, which it does for every service of the namespace; one named
// gatehouse gets GATEHOUSE_SERVICE_HOST, GATEHOUSE_PORT and more.
func clusterVariable(environment []string, key, value string) bool {
	inCluster := slices.ContainsFunc(environment, func(entry string) bool { return strings.HasPrefix(entry, "KUBERNETES_SERVICE_HOST=") })
	return inCluster && (strings.Contains(key, "_SERVICE_HOST") || strings.Contains(key, "_SERVICE_PORT") ||
		strings.Contains(key, "_PORT_") || strings.HasSuffix(key, "_PORT") && strings.Contains(value, "://"))
}

// readFile adds the settings of a file of KEY=value lines that the environment leaves open. Empty lines and lines that start with #
// say nothing.
func readFile(path string, values map[string]given) error {
	file, err := os.Open(path) // #nosec G304 -- the operator names the file
	if err != nil {
		return fmt.Errorf("%s=%q cannot be read: %w", keyConfig, path, withoutPath(err))
	}
	defer func() { _ = file.Close() }()
	seen := map[string]bool{}
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		source := fmt.Sprintf(" (%s, line %d)", path, n)
		key, value, ok := strings.Cut(line, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch {
		case !ok:
			return fmt.Errorf("%s, line %d: a line must be KEY=value, or start with #", path, n)
		case key == keyConfig:
			return fmt.Errorf("%s%s is not allowed: it is set in the environment only", key, source)
		case seen[key]:
			return fmt.Errorf("%s%s is set twice", key, source)
		}
		seen[key] = true
		if _, set := values[key]; !set {
			values[key] = given{value: value, source: source}
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s=%q cannot be read: %w", keyConfig, path, withoutPath(err))
	}
	return nil
}

// resolveDatabaseURL puts what the file named by GATEHOUSE_DATABASE_URL_FILE holds in place of GATEHOUSE_DATABASE_URL. Of the two an
// empty one counts as not set, and one in the environment wins over the other in the settings file.
func resolveDatabaseURL(values map[string]given) error {
	address, file := values[keyDatabaseURL], values[keyDatabaseURLFile]
	switch {
	case file.value == "", address.value != "" && address.source == "" && file.source != "":
		if address.value != "" {
			delete(values, keyDatabaseURLFile)
		}
		return nil
	case address.value != "" && (address.source == "") == (file.source == ""):
		return fmt.Errorf("%s and %s are both set%s: only one is allowed", keyDatabaseURL, keyDatabaseURLFile, file.source)
	}
	text, err := os.ReadFile(file.value) // #nosec G304 -- the operator names the file
	if err != nil {
		return fmt.Errorf("%s=%q%s cannot be read: %w", keyDatabaseURLFile, file.value, file.source, withoutPath(err))
	}
	values[keyDatabaseURL] = given{value: strings.TrimSpace(string(text)), source: fmt.Sprintf(" (%s)", file.value)}
	return nil
}

// withoutPath is the cause of a file's error alone, where the path has been named already.
func withoutPath(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
