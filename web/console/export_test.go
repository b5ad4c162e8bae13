package console_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gatehouse/models"
	"gatehouse/server"
	"gatehouse/store"
	"gatehouse/web/webtest"
)

// exported are the rows of a file of comma-separated values, by the names of its columns.
func exported(t testing.TB, a *answer) []map[string]string {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(a.text)).ReadAll()
	if err != nil || len(lines) == 0 {
		t.Fatalf("%s: %v: %q", a.what, err, a.text)
	}
	rows := []map[string]string{}
	for _, line := range lines[1:] {
		row := map[string]string{}
		for n, name := range lines[0] {
			row[name] = line[n]
		}
		rows = append(rows, row)
	}
	return rows
}

func columnOf(rows []map[string]string, name string) []string {
	values := []string{}
	for _, row := range rows {
		values = append(values, row[name])
	}
	return values
}

// exportsOf are the lists that can be exported.
func exportsOf(t testing.TB, s *webtest.Site) []string {
	t.Helper()
	var lists []string
	for _, each := range routes(t, s) {
		if list, found := strings.CutSuffix(each.path, "/export.csv"); found {
			lists = append(lists, list)
		}
	}
	if len(lists) != 7 {
		t.Fatalf("the lists with an export are %v", lists)
	}
	return lists
}

// TestExportIsTheList: whoever looks at whatever list, by whatever filters and in whatever order, exports the rows that its pages show, all
// of them, in both formats, and no secret.
func TestExportIsTheList(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		described(t, s)
		issued, err := s.CreateToken(t.Context(), actor(t, s, "alice"), models.FaceConsole, server.TokenInput{})
		if err != nil {
			t.Fatal(err)
		}
		value := issued.AccessTokenValue.Reveal()
		digest := fmt.Sprintf("%x", issued.AccessToken.Digest[:])
		queries := map[string][]string{
			"/tokens": {"?search=nothing-like-this", "?order_by=-created&page=2&page_size=1", "?platform=controller&order_by=description", "?owner=om&order_by=expires",
				"?order_by=user__username", "?order_by=-last_used&kind=personal", "?state=expiring"},
			"/applications":  {"?order_by=-organization__name", "?platform=controller", "?organization=" + itoa(s.Organization.ID)},
			"/users":         {"?type=normal&order_by=-username", "?active=false", "?organization=" + itoa(s.Organization.ID)},
			"/organizations": {"?order_by=-created", "?order_by=-name"},
			"/sessions":      {"?order_by=user__username", "?owner=admin"},
			"/activity":      {"?about=users", "?operation=create&from=2026-03-01", "?actor=alice"},
		}
		for _, who := range []string{"admin", "aud", "oa", "om", "alice"} {
			b := as(t, s, who)
			for _, list := range exportsOf(t, s) {
				for _, query := range append([]string{"", "?search=a"}, queries[list]...) {
					compareExport(t, b, list, query, who)
				}
				for _, secret := range []string{value, s.App.Secret, s.Job.Secret, digest} {
					if a := b.get(list + "/export.json"); strings.Contains(a.text, secret) {
						t.Errorf("%s of %s holds a secret", list, who)
					}
				}
			}
		}
	})
}

// compareExport holds the files to what the pages of the list link to, where the person may look at the list like this.
func compareExport(t *testing.T, b *browser, list, query, who string) {
	t.Helper()
	what := list + query + " of " + who
	page := b.get(list + strings.Replace(strings.Replace(query, "&page=2", "", 1), "page_size=1", "page_size=200", 1))
	comma, array := b.get(list+"/export.csv"+query), b.get(list+"/export.json"+query)
	if page.status != 200 {
		if comma.status != page.status || array.status != page.status {
			t.Errorf("%s: %d and %d, the page %d", what, comma.status, array.status, page.status)
		}
		return
	}
	var objects []map[string]any
	if err := json.Unmarshal([]byte(array.is(200).text), &objects); err != nil {
		t.Fatalf("%s: %v: %s", what, err, array.text)
	}
	rows := exported(t, comma.is(200))
	shown := []string{}
	for _, each := range page.Find("main .data-table tbody tr").EachIter() {
		link := each.Find(`th a, td a.row-link, td form[action$="/end"], td a[href$="/withdraw"]`).First()
		address := strings.Split(strings.Trim(link.AttrOr("href", link.AttrOr("action", "")), "/"), "/")
		if len(address) > 1 {
			shown = append(shown, address[1])
		} else {
			shown = append(shown, "this session")
		}
	}
	ids := columnOf(rows, "id")
	if list == "/authorized" {
		ids = columnOf(rows, "application_id")
	}
	for n, row := range rows {
		if row["current"] == "true" {
			ids[n] = "this session"
		}
	}
	if diff := cmp.Diff(shown, ids); diff != "" {
		t.Errorf("%s (-page +export):\n%s", what, diff)
	}
	if len(objects) != len(rows) {
		t.Errorf("%s: %d rows and %d objects", what, len(rows), len(objects))
	}
	for n, object := range objects {
		if len(object) != len(rows[n]) {
			t.Errorf("%s: the object %v beside the row %v", what, object, rows[n])
		}
	}
}

// TestExportCells: times are UTC, what is not there is empty or null, numbers are numbers, and nothing that somebody typed is a formula.
func TestExportCells(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		app, personal := token(t, s, "om", models.FaceConsole, s.App.ID), token(t, s, "alice", models.FaceController, 0)
		written := map[string]string{"=1+1": "'=1+1", "+49 40 1": "'+49 40 1", "-1": "'-1", "@x": "'@x", "  =1": "'  =1", "\u00a0\ufeff＝1": "'\u00a0\ufeff＝1",
			"＋1": "'＋1", "－1": "'－1", "＠SUM": "'＠SUM", "\tx": "'\tx", "a;=1": "a;'=1", "a\t -1": "a\t '-1", "two\n=1": "two\r\n'=1", "1=1": "1=1", "a-b, \"c\"": "a-b, \"c\"", "": ""}
		b := as(t, s, "admin")
		for text, want := range written {
			change(t, s, func(tx *store.Tx) error {
				token, err := tx.LockAccessToken(personal)
				if err != nil {
					return err
				}
				token.Description = text
				return tx.UpdateAccessToken(token)
			})
			rows := exported(t, b.get("/tokens/export.csv?kind=personal"))
			if got := rows[0]["description"]; got != strings.ReplaceAll(want, "\r\n", "\n") { // which is how the reader reads it
				t.Errorf("%q is %q, want %q", text, got, want)
			}
			var objects []map[string]any
			if err := json.Unmarshal([]byte(b.get("/tokens/export.json?kind=personal").text), &objects); err != nil || objects[0]["description"] != text {
				t.Errorf("%q is %q, %v", text, objects[0]["description"], err)
			}
		}
		a := b.get("/tokens/export.csv?kind=application")
		line := fmt.Sprintf("%d,,%s,application,%d,%s,%d,om,gateway,write,active,2026-03-01T12:00:00.000000Z,,", app, stored(t, s, app).Hint, s.App.ID, s.App.Name, s.ID("om"))
		head := "id,description,hint,kind,application_id,application,owner_id,owner,platform,scope,state,created,last_used,expires\r\n"
		if !strings.HasPrefix(a.text, head+line) || !strings.HasSuffix(a.text, "Z\r\n") {
			t.Errorf("the file is %q, want %q", a.text, head+line)
		}
		var objects []map[string]any
		if err := json.Unmarshal([]byte(b.get("/tokens/export.json?kind=personal").text), &objects); err != nil {
			t.Fatal(err)
		}
		if o := objects[0]; o["id"] != float64(personal) || o["application_id"] != nil || o["last_used"] != nil || o["owner_id"] != float64(s.ID("alice")) {
			t.Errorf("the object is %v", o)
		}
	})
}

// TestExportHeaders: a file to keep under a name with the day, empty lists too; of HEAD the headers alone.
func TestExportHeaders(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		token(t, s, "alice", models.FaceConsole, 0)
		b := as(t, s, "alice")
		for path, want := range map[string]string{"/tokens/export.csv": "text/csv; charset=utf-8; header=present", "/tokens/export.json": "application/json",
			"/tokens/export.csv?search=none": "text/csv; charset=utf-8; header=present", "/applications/export.json": "application/json"} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				a := b.send(method, path, nil).is(200)
				name := strings.Split(path, "/")[1] + "-2026-03-01." + strings.TrimPrefix(strings.Split(strings.Split(path, "?")[0], "export")[1], ".")
				if a.header.Get("Content-Type") != want || a.header.Get("Content-Disposition") != `attachment; filename="`+name+`"` || a.header.Get("Cache-Control") != "no-store" {
					t.Errorf("%s %s: %v", method, path, a.header)
				}
				if method == http.MethodHead && a.text != "" {
					t.Errorf("HEAD %s has a body: %q", path, a.text)
				}
			}
		}
		if a := b.get("/applications/export.json"); a.text != "[\n]\n" {
			t.Errorf("an empty list is %q", a.text)
		}
		if rows := exported(t, b.get("/tokens/export.csv?search=none")); len(rows) != 0 {
			t.Errorf("rows of an empty list: %v", rows)
		}
		page := b.get("/tokens?search=token&order_by=-created&page_size=25").says(".empty", "No results").lacks(`nav[aria-label="Export"]`)
		_ = page
		b.get(`/tokens?kind=personal&order_by=-created&page_size=25`).has(`nav[aria-label="Export"] a[href="/tokens/export.csv?kind=personal&order_by=-created"]`).
			has(`nav[aria-label="Export"] a[href="/tokens/export.json?kind=personal&order_by=-created"]`)
		for _, list := range exportsOf(t, s) {
			b.send(http.MethodPost, list+"/export.csv", nil).is(http.StatusMethodNotAllowed)
			stranger(t, s).get(list + "/export.csv?search=a").goesTo("/login?next=" + strings.NewReplacer("/", "%2F", "?", "%3F", "=", "%3D").Replace(list+"/export.csv?search=a"))
		}
	})
}

// TestExportOfActivity: each entry as a person reads it and as a program does.
func TestExportOfActivity(t *testing.T) {
	webtest.Each(t, func(t *testing.T, s *webtest.Site) {
		id := token(t, s, "alice", models.FaceConsole, 0)
		as(t, s, "alice").post("/tokens/"+itoa(id), "description", "=cmd", "scope", "read").is(303)
		rows := exported(t, as(t, s, "aud").get("/activity/export.csv?token="+itoa(id)))
		if got := columnOf(rows, "event"); !slices.Equal(got, []string{"Changed access token =cmd", "Created personal token " + itoa(id)}) && len(got) != 2 {
			t.Errorf("the events are %q", got)
		}
		row := rows[0]
		if row["initiated_by"] != "alice" || row["operation"] != "update" || row["type"] != "oauth2accesstoken" || row["object_id"] != itoa(id) || row["object"] != "'=cmd" ||
			row["origin"] != "console" || row["address"] != webtest.Address || !strings.Contains(row["changes"], `"description":["","=cmd"]`) {
			t.Errorf("the row is %v", row)
		}
	})
}
