package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"testing"
)

// TestNoNameTwice: what is merged and what overrides it are one member; some readers refuse two.
func TestNoNameTwice(t *testing.T) {
	t.Parallel()
	decoder := json.NewDecoder(bytes.NewReader(Document()))
	type level struct {
		names map[string]bool // nil: a list
		value bool            // a value comes next
	}
	levels, objects := []*level{{}}, 0
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		now := levels[len(levels)-1]
		name, isText := token.(string)
		if now.names != nil && !now.value && isText {
			if now.names[name] {
				t.Errorf("the name %q is there twice, before byte %d", name, decoder.InputOffset())
			}
			now.names[name], now.value = true, true
			continue
		}
		now.value = false
		switch token {
		case json.Delim('{'):
			levels, objects = append(levels, &level{names: map[string]bool{}}), objects+1
		case json.Delim('['):
			levels = append(levels, &level{})
		case json.Delim('}'), json.Delim(']'):
			levels = levels[:len(levels)-1]
		}
	}
	if objects < 1000 {
		t.Errorf("only %d objects were seen", objects)
	}
}

// TestOwnUseIsLeftOut: what the file keeps for itself is not served, and the aliases are written out.
func TestOwnUseIsLeftOut(t *testing.T) {
	t.Parallel()
	if !bytes.HasPrefix(Document(), []byte(`{"openapi":"3.1.0","info":{`)) {
		t.Errorf("it begins with %s", Document()[:40])
	}
	for _, ours := range []string{"x-shared", "<<"} {
		if bytes.Contains(Document(), []byte(`"`+ours+`"`)) {
			t.Errorf("%s is served", ours)
		}
	}
}
