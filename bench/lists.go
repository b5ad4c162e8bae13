package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	few, many = 10_000, 1_000_000 // the numbers of tokens between which the time for a page should not grow

	repetitions = 9 // how often each page is asked for, in turn with few and with many tokens,
	again       = 3 // and how many times as often once more, if it seems to grow

	growth      = 1.3                  // what counts as growing, as a ratio of the quickest answers,
	discernible = time.Millisecond / 2 // if it is as much as this: what a page that takes less than that needs depends on the moment
)

// limits are the times in which a page of a list of the APIs has to be answered; consoleLimit is that of a page of the console.
var limits = map[string]time.Duration{"SQLite": 150 * time.Millisecond, "PostgreSQL": 100 * time.Millisecond}

const consoleLimit = 50 * time.Millisecond

// pageCost is what answers took, in the middle and at the quickest, and how many rows they had; nothing where there is no such page.
type pageCost struct {
	took, quickest time.Duration
	rows           int
}

// compareLists prints the time for each page with few and with many tokens. The limit holds for the median. What grows is told by the quickest
// answers, which are least disturbed, and by the medians; only pages with the same number of rows are compared: one that is not full where there are few tokens
// is not the same page.
func compareLists(ctx context.Context, database, binary string) error {
	small, err := stored(ctx, database, binary, few)
	if err != nil {
		return err
	}
	defer small.drop()
	large, err := stored(ctx, database, binary, many)
	if err != nil {
		return err
	}
	defer large.drop()
	if err := comparePages(ctx, database+", lists of the APIs", listPages(), limits[database], small, large); err != nil {
		return err
	}
	if err := comparePages(ctx, database+", lists in another order than what is asked", otherPages(), limits[database], small, large); err != nil {
		return err
	}
	return comparePages(ctx, database+", the console", consolePages(), consoleLimit, small, large)
}

func comparePages(ctx context.Context, what string, pages []listPage, limit time.Duration, small, large *storedTokens) error {
	fmt.Printf("\n%s: pages with %d and with %d tokens, medians of %d and the ratio of the quickest; the limit is %v\n", what, few, many, repetitions, limit)
	var sum listTotals
	for _, page := range pages {
		if !pagesMeasured.MatchString(page.caller + " " + page.path) {
			continue
		}
		costs, err := measurePage(ctx, page, repetitions, small, large)
		if err == nil && costs[0].comparable(costs[1]) && costs[0].growsTo(costs[1]) {
			costs, err = measurePage(ctx, page, again*repetitions, small, large)
		}
		if err != nil {
			return err
		}
		if costs[1].took > 0 { // otherwise nobody may see it, or there is no such page
			fmt.Printf("  %-19s %-70s %7.2f ms %7.2f ms   %s\n", page.caller, page.path, costs[0].took.Seconds()*1e3, costs[1].took.Seconds()*1e3,
				sum.add(costs[0], costs[1], limit))
		}
	}
	fmt.Printf("  %d of %d pages are over the limit; %d of the %d that have the same rows take more than %.1f times as long, by more than %v\n",
		sum.late, sum.pages, sum.grown, sum.compared, growth, discernible)
	return nil
}

// listTotals counts pages: those that are over the limit, that can be compared, and that grow.
type listTotals struct{ pages, late, compared, grown int }

// add counts a page and says what there is to say of it.
func (s *listTotals) add(small, large pageCost, limit time.Duration) string {
	said := fmt.Sprintf("%d and %d rows", small.rows, large.rows)
	if small.comparable(large) {
		s.compared++
		said = fmt.Sprintf("ratio %5.2f", large.quickest.Seconds()/small.quickest.Seconds())
		if small.growsTo(large) {
			s.grown++
			said += "   grows"
		}
	}
	if s.pages++; large.took > limit {
		s.late++
		said += "   over the limit"
	}
	return said
}

// comparable reports whether both are the same page.
func (c pageCost) comparable(with pageCost) bool { return c.rows == with.rows && c.took > 0 }

// growsTo reports whether both the quickest answers and the medians say so.
func (c pageCost) growsTo(large pageCost) bool {
	return grows(c.quickest, large.quickest) && grows(c.took, large.took)
}

// grows tells more from less that depends on the moment.
func grows(small, large time.Duration) bool {
	return large.Seconds() > growth*small.Seconds() && large-small > discernible
}

// storedTokens is a program whose database has been seeded.
type storedTokens struct {
	*process
	drop func() // ends it and removes what it stored
}

// stored starts a program with n tokens.
func stored(ctx context.Context, database, binary string, n int) (*storedTokens, error) {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "gatehouse-bench-")
	if err != nil {
		return nil, err
	}
	address, drop, err := databaseAddress(ctx, database, folder)
	if err != nil {
		_ = os.RemoveAll(folder)
		return nil, err
	}
	clear := func() {
		drop()
		_ = os.RemoveAll(folder)
	}
	begin := time.Now()
	p, err := start(ctx, binary, folder, address, func() error { return seed(ctx, address, n) })
	if err != nil {
		clear()
		return nil, err
	}
	fmt.Printf("%s: %d tokens stored in %.0f s\n", database, n, time.Since(begin).Seconds())
	return &storedTokens{p, func() {
		p.stop()
		clear()
	}}, nil
}

// measurePage asks each program for a page in turn, so that a disturbance of the machine meets all.
func measurePage(ctx context.Context, page listPage, repetitions int, programs ...*storedTokens) ([]pageCost, error) {
	costs, each := make([]pageCost, len(programs)), make([][]time.Duration, len(programs))
	for range repetitions {
		for n, program := range programs {
			cost, err := program.list(ctx, page)
			if err != nil {
				return nil, err
			}
			costs[n].rows = cost.rows
			each[n] = append(each[n], cost.took)
		}
	}
	for n := range programs {
		slices.Sort(each[n])
		costs[n].took, costs[n].quickest = each[n][repetitions/2], each[n][0]
	}
	return costs, nil
}

// list asks for a page once.
func (p *process) list(ctx context.Context, page listPage) (pageCost, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+page.path, nil)
	if err != nil {
		return pageCost{}, err
	}
	if page.console() {
		request.Header.Set("Cookie", "gatehouse_session="+session(page.caller))
	} else {
		request.Header.Set("Authorization", "Bearer "+page.caller)
	}
	begin := time.Now()
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return pageCost{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	took := time.Since(begin)
	switch {
	case err != nil:
		return pageCost{}, err
	case answer.StatusCode == http.StatusNotFound || answer.StatusCode == http.StatusForbidden:
		return pageCost{}, nil
	case answer.StatusCode != http.StatusOK:
		return pageCost{}, fmt.Errorf("GET %s: %s: %s", page.path, answer.Status, text)
	}
	switch arrived := answer.Request.URL.RequestURI(); {
	case strings.HasPrefix(arrived, "/login"):
		return pageCost{}, fmt.Errorf("GET %s: %s is not signed in", page.path, page.caller)
	case arrived != page.path: // to the last page
		return pageCost{}, nil
	}
	if page.console() {
		return pageCost{took: took, rows: bytes.Count(text, []byte("<tr>"))}, nil
	}
	var list struct {
		Results []json.RawMessage `json:"results"`
	}
	err = json.Unmarshal(text, &list)
	return pageCost{took: took, rows: len(list.Results)}, err
}
