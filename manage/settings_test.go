package manage

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
)

const (
	lifetimeAllowed = "a whole number from 1 to 100000000000"
	truthAllowed    = "true or false"
)

var badNumbers = []string{"", "0", "-1", "1.5", "1e3", "ten", "1 000", " 60", "99999999999999999999", "100000000001"}

// settingCases has a row for each setting: what it is when not set, what good values make of it, what is refused and with which words.
var settingCases = []settingCase{
	{"GATEHOUSE_LISTEN", func(s *settings) any { return s.listen }, "127.0.0.1:8080",
		map[string]any{"0.0.0.0:80": "0.0.0.0:80", ":8081": ":8081", "[::1]:9000": "[::1]:9000", "localhost:0": "localhost:0"},
		[]string{"", "8080", "127.0.0.1", "127.0.0.1:http", "127.0.0.1:65536", "http://127.0.0.1:8080", "::1:8080"},
		"an address and a port, such as 127.0.0.1:8080 or :8080"},
	{"GATEHOUSE_PUBLIC_URL", func(s *settings) any { return s.server.Issuer }, "http://localhost:8080",
		map[string]any{"https://gatehouse.example.org": "https://gatehouse.example.org", "http://[::1]:8080": "http://[::1]:8080",
			"https://a.example:8443": "https://a.example:8443"},
		[]string{"", "gatehouse.example.org", "https://", "https://a.example/", "https://a.example/path", "https://a.example?q", "https://a.example#f",
			"https://A.example", "HTTPS://a.example", "https://u@a.example", "https://a.example:443", "http://a.example:80", "https://a.example:",
			"https://a.example:0", "https://a.example:08", "https://a.example:70000", "ftp://a.example"},
		"an http or https address of a host in lower case without a path, such as https://gatehouse.example.org"},
	{"GATEHOUSE_DATABASE_URL", func(s *settings) any { return s.databaseURL }, "sqlite:data/gatehouse.db",
		map[string]any{"sqlite:///var/lib/g.db": "sqlite:///var/lib/g.db", "sqlite:g.db": "sqlite:g.db",
			"postgres://u:p@127.0.0.1/g?sslmode=disable": "postgres://u:p@127.0.0.1/g?sslmode=disable", "postgresql:///g": "postgresql:///g"},
		[]string{"", "g.db", "sqlite:", "sqlite://", "sqlite::memory:", "sqlite:data/", "mysql://127.0.0.1/g"},
		"sqlite:PATH, sqlite://PATH, postgres://… or postgresql://…"},
	{"GATEHOUSE_SETUP_CODE_FILE", func(s *settings) any { return s.setupCodeFile }, "", map[string]any{"/run/code": "/run/code"}, []string{""},
		"the path of a file"},
	{"GATEHOUSE_SUPERUSER_PASSWORD", func(s *settings) any { return s.superuserPassword.Reveal() }, "", map[string]any{"a b": "a b", "": ""}, nil, ""},
	{"GATEHOUSE_TRUSTED_PROXIES", func(s *settings) any { return fmt.Sprint(s.trustedProxies) }, "[]",
		map[string]any{"": "[]", "127.0.0.1": "[127.0.0.1/32]", "::1": "[::1/128]", "10.0.0.0/8, fd00::/8,192.0.2.1": "[10.0.0.0/8 fd00::/8 192.0.2.1/32]"},
		[]string{" ", ",", "127.0.0.1,", "localhost", "127.0.0.1:80", "127.0.0.0/33", "10.0.0.1/8", "10.0.0.0/08", "0.0.0.0/0", "::/0", "fe80::1%eth0",
			"fe80::%eth0/64", "::ffff:10.0.0.1", "::ffff:10.0.0.0/104", "[::1]", "10.0.0.0/8;::1", "all"},
		"addresses and networks with commas between, such as 127.0.0.1,10.0.0.0/8,fd00::/8"},
	truthCase("GATEHOUSE_AUTO_CLEAR", true, func(s *settings) any { return s.autoClear }),
	{"GATEHOUSE_PRODUCT_NAME", func(s *settings) any { return s.productName }, "Gatehouse",
		map[string]any{"AWX": "AWX", "x": "x", "Red Hat Ansible Automation Platform": "Red Hat Ansible Automation Platform"},
		[]string{"", " ", " AWX", "AWX ", "a\tb", "AWX\r\nX-Evil: 1", "Prüfstand", strings.Repeat("a", 101)}, "1 to 100 printable ASCII characters"},
	{"GATEHOUSE_PRODUCT_VERSION", func(s *settings) any { return s.productVersion }, "",
		map[string]any{"4.5": "4.5", "24.6.1": "24.6.1", "2.5.20250326.0": "2.5.20250326.0"},
		[]string{"", "4", "v4.5", "4.5-rc1", "4.", ".5", "4.5.6.7.8", "4.5\n", "4,5", "4.1234567890"}, "two to four numbers with dots between, such as 24.6.1"},
	{"GATEHOUSE_TOKEN_PREFIX", func(s *settings) any { return s.server.TokenFormat.Prefix }, "", map[string]any{"g_": "g_", "acme2_": "acme2_", "a23456789012345_": "a23456789012345_"},
		[]string{"", "_", "acme", "Acme_", "a-b_", "1a_", "ac_me_", "a234567890123456_", "ä_"}, "2 to 16 lower-case letters and digits with _ at the end, such as acme_"},
	{"OAUTH2_PROVIDER__ACCESS_TOKEN_EXPIRE_SECONDS", func(s *settings) any { return s.server.Lifetimes.AccessToken }, int64(31_536_000),
		map[string]any{"1": int64(1), "31536000000": int64(31_536_000_000), "100000000000": int64(100_000_000_000)}, badNumbers, lifetimeAllowed},
	{"OAUTH2_PROVIDER__AUTHORIZATION_CODE_EXPIRE_SECONDS", func(s *settings) any { return s.server.Lifetimes.AuthorizationCode }, int64(60),
		map[string]any{"1": int64(1), "600": int64(600)}, append([]string{"601"}, badNumbers...), "a whole number from 1 to 600"},
	{"GATEHOUSE_DEVICE_CODE_EXPIRE_SECONDS", func(s *settings) any { return s.server.Lifetimes.DeviceCode }, int64(600),
		map[string]any{"60": int64(60), "1800": int64(1800)}, append([]string{"59", "1801"}, badNumbers...), "a whole number from 60 to 1800"},
	{"OAUTH2_PROVIDER__REFRESH_TOKEN_EXPIRE_SECONDS", func(s *settings) any { return s.server.Lifetimes.RefreshToken }, int64(2_628_000),
		map[string]any{"1": int64(1), "100000000000": int64(100_000_000_000)}, badNumbers, lifetimeAllowed},
	{"OAUTH2_PROVIDER__REFRESH_TOKEN_GRACE_PERIOD_SECONDS", func(s *settings) any { return s.server.Lifetimes.RefreshGrace }, int64(10),
		map[string]any{"0": int64(0), "300": int64(300)}, []string{"", "-1", "301", "x"}, "a whole number from 0 to 300"},
	{"GATEHOUSE_REFRESH_TOKEN_ABSOLUTE_SECONDS", func(s *settings) any { return s.server.Lifetimes.RefreshAbsolute }, int64(31_536_000),
		map[string]any{"1": int64(1), "100000000000": int64(100_000_000_000)}, badNumbers, lifetimeAllowed},
	{"OAUTH2_PROVIDER__ROTATE_REFRESH_TOKEN", nil, nil, map[string]any{"true": nil, "True": nil}, []string{"", "false", "0"}, "true, which cannot be changed"},
	{"OAUTH2_PROVIDER__REFRESH_TOKEN_REUSE_PROTECTION", nil, nil, map[string]any{"true": nil}, []string{"", "false"}, "true, which cannot be changed"},
	{"SESSION_COOKIE_AGE", func(s *settings) any { return s.server.Lifetimes.Session }, int64(1800),
		map[string]any{"60": int64(60), "30000000000": int64(30_000_000_000)}, []string{"", "59", "30000000001", "1h"},
		"a whole number from 60 to 30000000000"},
	{"SESSIONS_PER_USER", func(s *settings) any { return s.server.SessionsPerUser }, -1, map[string]any{"-1": -1, "1": 1, "30": 30},
		[]string{"", "0", "-2", "many"}, "a whole number from 1, or -1 for no limit"},
	truthCase("AUTH_BASIC_ENABLED", true, func(s *settings) any { return s.basicEnabled }),
	truthCase("ALLOW_OAUTH2_FOR_EXTERNAL_USERS", false, func(s *settings) any { return s.server.Policy.AllowExternalUsers }),
	truthCase("MANAGE_ORGANIZATION_AUTH", true, func(s *settings) any { return s.server.Policy.ManageOrganizationAuth }),
	truthCase("ORG_ADMINS_CAN_SEE_ALL_USERS", true, func(s *settings) any { return s.server.Policy.OrgAdminsSeeAllUsers }),
	truthCase("CONTROLLER_APP_TOKENS_EVERYWHERE", false, func(s *settings) any { return s.server.Policy.ControllerTokensEverywhere }),
	truthCase("CONTROLLER_TOKEN_CREATION", true, func(s *settings) any { return s.server.Policy.ControllerTokenCreation }),
	truthCase("ALLOW_HTTP_REDIRECT_URIS", false, func(s *settings) any { return s.server.AllowHTTPRedirects }),
	truthCase("LEGACY_REFRESH_EXPIRED", false, func(s *settings) any { return s.server.LegacyRefreshExpired }),
	{"TOKEN_ENDPOINT_STATUS", func(s *settings) any { return s.server.TokenEndpointStatus }, 200, map[string]any{"200": 200, "201": 201},
		[]string{"", "202", "OK"}, "200 or 201"},
	{"DEFAULT_PAGE_SIZE", func(s *settings) any { return s.defaultPageSize }, 0, map[string]any{"1": 1, "200": 200}, []string{"", "0", "10001", "x"},
		"a whole number from 1 to 10000"},
	{"MAX_PAGE_SIZE", func(s *settings) any { return s.maxPageSize }, 200, map[string]any{"1": 1, "10000": 10_000}, []string{"", "0", "10001", "x"},
		"a whole number from 1 to 10000"},
	{"CLEAR_EXPIRED_TOKENS_BATCH_SIZE", func(s *settings) any { return s.server.ClearBatchSize }, 10_000, map[string]any{"1": 1, "1000000": 1_000_000},
		[]string{"", "0", "1000001"}, "a whole number from 1 to 1000000"},
	{"CLEAR_EXPIRED_TOKENS_BATCH_INTERVAL", func(s *settings) any { return s.server.ClearInterval }, time.Duration(0),
		map[string]any{"0": time.Duration(0), "3600": time.Hour}, []string{"", "-1", "3601", "1s"}, "a whole number from 0 to 3600"},
}

type settingCase struct {
	key      string
	field    func(*settings) any
	fallback any
	good     map[string]any
	bad      []string
	allowed  string
}

func truthCase(key string, fallback bool, field func(*settings) any) settingCase {
	return settingCase{key, field, fallback, map[string]any{"true": true, "False": false, "TRUE": true, "false": false},
		[]string{"", "1", "yes", "on", " true"}, truthAllowed}
}

// TestSettings goes through every setting: its default, good values, and the line that a bad one stops the start with.
func TestSettings(t *testing.T) {
	t.Parallel()
	plain, err := loadSettings(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range settingCases {
		t.Run(c.key, func(t *testing.T) {
			t.Parallel()
			if c.field != nil && c.field(plain) != c.fallback {
				t.Errorf("without it: %v, want %v", c.field(plain), c.fallback)
			}
			for value, want := range c.good {
				s, err := loadSettings([]string{c.key + "=" + value})
				if err != nil {
					t.Errorf("%s=%s: %v", c.key, value, err)
				} else if c.field != nil && c.field(s) != want {
					t.Errorf("%s=%s gives %v, want %v", c.key, value, c.field(s), want)
				}
			}
			for _, value := range c.bad {
				want := fmt.Sprintf("%s=%q is not allowed: it must be %s", c.key, value, c.allowed)
				if _, err := loadSettings([]string{c.key + "=" + value}); err == nil || err.Error() != want {
					t.Errorf("got  %v\nwant %s", err, want)
				}
			}
		})
	}
}

// TestSettingsComplete keeps the cases above in step with the table; two keys that are files have tests of their own.
func TestSettingsComplete(t *testing.T) {
	t.Parallel()
	tested := []string{keyConfig, keyDatabaseURLFile}
	for _, c := range settingCases {
		tested = append(tested, c.key)
	}
	var keys []string
	for _, row := range table {
		keys = append(keys, row.key)
	}
	slices.Sort(tested)
	slices.Sort(keys)
	if diff := cmp.Diff(keys, tested); diff != "" {
		t.Errorf("table and cases differ:\n%s", diff)
	}
}

// TestSettingsDefaults compares the table with what the packages below take as their defaults.
func TestSettingsDefaults(t *testing.T) {
	t.Parallel()
	s, err := loadSettings(nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(server.DefaultLifetimes(), s.server.Lifetimes); diff != "" {
		t.Errorf("lifetimes: %s", diff)
	}
	if diff := cmp.Diff(models.DefaultPolicy(), s.server.Policy); diff != "" {
		t.Errorf("policy: %s", diff)
	}
}

// TestSettingsFile shows that the list of settings is a file that can be used, comments and all.
func TestSettingsFile(t *testing.T) {
	t.Parallel()
	want, err := loadSettings(nil)
	if err != nil {
		t.Fatal(err)
	}
	path := writeFile(t, settingsFile())
	got, err := loadSettings([]string{keyConfig + "=" + path})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(settings{}, models.Secret{}), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
}
