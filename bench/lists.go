package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// sizes are the numbers of tokens between which the time for a page should not grow.
var sizes = []int{10_000, 1_000_000}

// repetitions is how often each page is asked for; the median counts.
const repetitions = 9

// listPage is one kind of page, asked for by one kind of person.
type listPage struct{ caller, path string }

// limits are the times in which a page has to be answered.
var limits = map[string]time.Duration{"SQLite": 150 * time.Millisecond, "PostgreSQL": 100 * time.Millisecond}

// listPages are all pages that are measured.
func listPages() []listPage {
	filters := []string{"", "user=5000", "application=7", "platform=controller", "platform=gateway", "scope=read", "application__isnull=true",
		"application__isnull=false", "created__gt=2001-01-01", "expires__lt=2100-01-01", "description__startswith=token+12", "description__startswith=token",
		"id__in=5,50,500,5000", "user__username=user-77", "application__name=app-7", "application__organization=3"}
	orders := []string{"-id", "created", "-created", "expires", "-expires", "last_used", "-last_used", "description", "-description", "user__username",
		"-user__username", "application__name", "-application__name"}
	var queries []string
	for _, filter := range filters {
		queries = append(queries, "tokens/?"+filter)
	}
	for _, order := range orders {
		queries = append(queries, "tokens/?order_by="+order)
	}
	for _, order := range append([]string{"id"}, orders...) {
		queries = append(queries, "tokens/?page=100&order_by="+order)
	}
	queries = append(queries, "tokens/?page=100&platform=gateway", "tokens/?page=100&scope=read", "tokens/?page=100&application__isnull=true",
		"tokens/?page=20&application=7", "tokens/?platform=controller&order_by=-expires", "users/5000/tokens/", "users/5000/personal_tokens/", "users/5000/authorized_tokens/",
		"applications/9/tokens/", "users/", "users/?page=100", "applications/", "organizations/", "activitystream/", "activitystream/?page=100",
		"activitystream/?operation=delete", "activitystream/?object_type=user", "activitystream/?actor=77", "activitystream/?object_type=oauth2accesstoken&object_id=70")
	var pages []listPage
	for _, c := range callers {
		for _, mount := range []string{"/api/gateway/v1/", "/api/controller/v2/"} {
			for _, query := range queries {
				pages = append(pages, listPage{c.name, mount + query})
			}
		}
	}
	return pages
}

// compareLists prints the time for each page with few and with many tokens.
func compareLists(ctx context.Context, database, binary string) error {
	pages := listPages()
	times := map[int]map[listPage]time.Duration{}
	for _, n := range sizes {
		measured, err := measureLists(ctx, database, binary, n, pages)
		if err != nil {
			return err
		}
		times[n] = measured
	}
	small, large := times[sizes[0]], times[sizes[1]]
	fmt.Printf("\n%s: pages with %d and with %d tokens, medians of %d; the limit is %v\n", database, sizes[0], sizes[1], repetitions, limits[database])
	late := 0
	for _, page := range pages {
		few, many := small[page], large[page]
		if many == 0 {
			continue // nobody may see it, or there is no such page
		}
		ratio, verdict := "ratio     -", ""
		if few > 0 {
			ratio = fmt.Sprintf("ratio %5.1f", many.Seconds()/few.Seconds())
		}
		if many > limits[database] {
			late, verdict = late+1, "   over the limit"
		}
		fmt.Printf("  %-13s %-75s %7.1f ms %7.1f ms   %s%s\n", page.caller, page.path, few.Seconds()*1e3, many.Seconds()*1e3, ratio, verdict)
	}
	fmt.Printf("  %d of %d pages are over the limit\n", late, len(large))
	return nil
}

// measureLists asks a program with n tokens for each page.
func measureLists(ctx context.Context, database, binary string, n int, pages []listPage) (map[listPage]time.Duration, error) {
	folder, err := os.MkdirTemp("", "gatehouse-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	binary, err = filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	address, drop, err := databaseAddress(ctx, database, folder)
	if err != nil {
		return nil, err
	}
	defer drop()
	begin := time.Now()
	p, err := start(ctx, binary, folder, address, func() error { return seed(ctx, address, n) })
	if err != nil {
		return nil, err
	}
	defer p.stop()
	fmt.Printf("%s: %d tokens stored in %.0f s\n", database, n, time.Since(begin).Seconds())
	times := map[listPage]time.Duration{}
	for _, page := range pages {
		if times[page], err = p.medianOf(ctx, page); err != nil {
			return nil, err
		}
	}
	maps.DeleteFunc(times, func(_ listPage, took time.Duration) bool { return took == 0 })
	return times, nil
}

// medianOf asks for a page several times; 0 when it is none.
func (p *process) medianOf(ctx context.Context, page listPage) (time.Duration, error) {
	var each []time.Duration
	for range repetitions {
		took, status, err := p.list(ctx, page)
		if err != nil || status != http.StatusOK {
			return 0, err
		}
		each = append(each, took)
	}
	slices.Sort(each)
	return each[repetitions/2], nil
}

// list asks for a page once, and tells how long the whole answer took.
func (p *process) list(ctx context.Context, page listPage) (time.Duration, int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.url+page.path, nil)
	if err != nil {
		return 0, 0, err
	}
	request.Header.Set("Authorization", "Bearer "+page.caller)
	begin := time.Now()
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	took := time.Since(begin)
	if err == nil && answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusNotFound && answer.StatusCode != http.StatusForbidden {
		err = fmt.Errorf("GET %s: %s: %s", page.path, answer.Status, text)
	}
	return took, answer.StatusCode, err
}
