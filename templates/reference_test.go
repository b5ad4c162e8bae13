package templates

import (
	"os/exec"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][][]run{
		"":                         nil,
		"One.":                     {{{Text: "One."}}},
		"A `code`, **strong**.\n":  {{{Text: "A "}, {Text: "code", Code: true}, {Text: ", "}, {Text: "strong", Strong: true}, {Text: "."}}},
		"`**` stays\nhere\n\nNext": {{{Text: "**", Code: true}, {Text: " stays\nhere"}}, {{Text: "Next"}}},
	} {
		if diff := cmp.Diff(want, prose(text)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

// TestCurl has a shell read the command: what the request holds stays text, whatever it is.
func TestCurl(t *testing.T) {
	t.Parallel()
	hostile := "it's $(exit 1) `exit 1` \"x\""
	command := SampleRequest{Method: "POST", Address: "https://gate.example.com/" + hostile, Credential: "bearer", MediaType: "application/json", Body: hostile,
		Form: []FormValue{{"name", hostile}}}.Curl()
	out, err := exec.CommandContext(t.Context(), "sh", "-c", `curl() { printf '%s\n' "$@"; }; TOKEN=secret; `+command).CombinedOutput()
	want := "-X\nPOST\n-H\nAuthorization: Bearer secret\n-H\nContent-Type: application/json\n-d\n" + hostile + "\n--data-urlencode\nname=" + hostile + "\nhttps://gate.example.com/" + hostile + "\n"
	if err != nil || string(out) != want {
		t.Errorf("the shell reads %q, %v; want %q", out, err, want)
	}
}
