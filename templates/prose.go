package templates

import "strings"

// run is a piece of a paragraph, all of one kind.
type run struct {
	Text   string
	Code   bool
	Strong bool
}

// prose are the paragraphs of a text of the OpenAPI description, which has `code` and **strong** words.
func prose(text string) (paragraphs [][]run) {
	for _, each := range strings.Split(strings.TrimSpace(text), "\n\n") {
		var runs []run
		for n, piece := range strings.Split(each, "`") {
			if n%2 == 1 {
				runs = append(runs, run{Text: piece, Code: true})
				continue
			}
			for n, piece := range strings.Split(piece, "**") {
				if piece != "" {
					runs = append(runs, run{Text: piece, Strong: n%2 == 1})
				}
			}
		}
		if len(runs) > 0 {
			paragraphs = append(paragraphs, runs)
		}
	}
	return paragraphs
}
