package models

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		want       Words
		stored     string
	}{
		{"none", "", Words{}, ""},
		{"one", "https://a.example/cb", Words{"https://a.example/cb"}, "https://a.example/cb"},
		{"two, in their order", "b a", Words{"b", "a"}, "b a"},
		{"twice stays twice", "a a", Words{"a", "a"}, "a a"},
		{"white space of all kinds", "\n a\t b\r\n\r\nc ", Words{"a", "b", "c"}, "a b c"},
		{"white space only", " \t", Words{}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			words := ParseWords(test.text)
			if diff := cmp.Diff(test.want, words); diff != "" {
				t.Fatalf("want -, got +\n%s", diff)
			}
			stored, err := words.Value()
			if err != nil || stored != test.stored || words.String() != test.stored {
				t.Fatalf("stored: got %q, %v, want %q", stored, err, test.stored)
			}
			for _, from := range []any{test.stored, []byte(test.stored)} {
				back := Words{"left over"}
				if err := back.Scan(from); err != nil || !cmp.Equal(back, test.want) {
					t.Errorf("read from %T: got %q, %v", from, back, err)
				}
			}
		})
	}
	t.Run("null is none", func(t *testing.T) {
		t.Parallel()
		words := Words{"left over"}
		if err := words.Scan(nil); err != nil || len(words) != 0 {
			t.Errorf("got %q, %v", words, err)
		}
		if stored, err := Words(nil).Value(); err != nil || stored != "" {
			t.Errorf("got %v, %v, want the empty text", stored, err)
		}
	})
	t.Run("other types are refused", func(t *testing.T) {
		t.Parallel()
		for _, bad := range []any{int64(1), true, 1.5, []string{"a"}} {
			words := Words{"kept"}
			if err := words.Scan(bad); err == nil || !cmp.Equal(words, Words{"kept"}) {
				t.Errorf("%T: got %q, %v", bad, words, err)
			}
		}
	})
}

func TestWordsHas(t *testing.T) {
	t.Parallel()
	words := Words{"read", "a.b"}
	for word, want := range map[string]bool{"read": true, "a.b": true, "Read": false, "rea": false, "read ": false, "": false, "read a.b": false, "axb": false} {
		if got := words.Has(word); got != want {
			t.Errorf("%q: got %t, want %t", word, got, want)
		}
	}
	if Words(nil).Has("") {
		t.Error("nothing has the empty word")
	}
}

func TestFacesAndPlatforms(t *testing.T) {
	t.Parallel()
	for face, want := range map[Face]Platform{FaceGateway: Gateway, FaceConsole: Gateway, FaceCommand: Gateway, FaceGatewayOAuth: Gateway,
		FaceController: Controller, FaceControllerOAuth: Controller} {
		if got := face.Platform(); got != want || face.OfController() != (want == Controller) {
			t.Errorf("%s: got %s, want %s", face, got, want)
		}
	}
	for platform, label := range map[Platform]string{Gateway: "Platform gateway", Controller: "Automation controller"} {
		if !platform.Valid() || platform.Label() != label {
			t.Errorf("%s: got %q, want %q", platform, platform.Label(), label)
		}
	}
	for _, none := range []Platform{"", "Gateway", "eda"} {
		if none.Valid() {
			t.Errorf("%q is no platform", none)
		}
	}
}

func TestInvalid(t *testing.T) {
	t.Parallel()
	var invalid Invalid
	if err := invalid.Err(); err != nil {
		t.Errorf("nothing found: got %v", err)
	}
	invalid.Add("scope", "Bad.")
	invalid.Add(NonField, "Worse.")
	var got Invalid
	if err := invalid.Err(); !errors.As(err, &got) || err.Error() != "scope: Bad.; Worse." {
		t.Errorf("got %v", invalid.Err())
	}
	if diff := cmp.Diff(Invalid{{"scope", "Bad."}, {NonField, "Worse."}}, got); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	for text, want := range map[string]Invalid{"any\ntext <b>": nil, "": nil, "a\x00b": {{"description", nul}}, "\xc3\x28": {{"description", notUTF8}},
		"thirteen long": {{"description", "Ensure this field has no more than 12 characters."}}} {
		if diff := cmp.Diff(want, CheckText("description", text, 12)); diff != "" {
			t.Errorf("%q: want -, got +\n%s", text, diff)
		}
	}
}

// messages unwraps Invalid, nil for no error.
func messages(t testing.TB, err error) Invalid {
	t.Helper()
	var invalid Invalid
	if err != nil && !errors.As(err, &invalid) {
		t.Fatalf("got %v, want Invalid", err)
	}
	return invalid
}
