package main

import (
	"regexp"
	"strings"
	"time"
)

// listPage is one kind of page, asked for by one kind of person.
type listPage struct{ caller, path string }

// pagesMeasured is what -pages says; all without it.
var pagesMeasured = regexp.MustCompile("")

// console reports whether it is a page of the console, which a session opens; otherwise a token does.
func (p listPage) console() bool { return !strings.HasPrefix(p.path, "/api/") }

// consolePages are the pages of the console that are about many tokens, or about one.
func consolePages() []listPage {
	var pages []listPage
	for _, c := range callers {
		for _, path := range []string{"/", "/tokens", "/tokens?page=100", "/tokens?platform=controller", "/tokens?kind=personal", "/tokens?kind=application&state=active",
			"/tokens?state=expiring", "/tokens?state=expired&order_by=expires", "/tokens?order_by=created&use=never", "/tokens?order_by=-last_used", "/tokens?order_by=description",
			"/tokens?owner=user-10077", "/tokens?application=207", "/tokens/77", "/tokens/new", "/sessions", "/authorized", "/applications", "/applications/209", "/users", "/users/77",
			"/users?page=100", "/organizations", "/organizations/11", "/activity", "/activity?page=100", "/activity?operation=delete", "/activity/500", "/policy",
			"/maintenance", "/maintenance/revoke-tokens", "/maintenance/clear-tokens", "/docs", "/docs/listGatewayTokens"} {
			pages = append(pages, listPage{c.name, path})
		}
	}
	return pages
}

// listPages are all pages of lists of the APIs that are measured.
func listPages() []listPage {
	week := "expires__gt=" + time.Now().UTC().Format(time.RFC3339) + "&expires__lt=" + time.Now().UTC().AddDate(0, 0, 7).Format(time.RFC3339) // what ends soon
	middle, ahead := time.Now().UTC().AddDate(0, 0, -182).Format(time.RFC3339), time.Now().UTC().AddDate(0, 0, 100).Format(time.RFC3339)      // of what seeding spreads
	filters := []string{"", "user=77", "application=207", "platform=controller", "platform=gateway", "scope=read", "application__isnull=true",
		"application__isnull=false", "created__gt=2001-01-01", "expires__lt=2100-01-01", "description__startswith=token+1",
		"description__startswith=token+12", "description__startswith=token", "id__in=5,50,500,5000", "user__username=user-10077",
		"application__name=app-207", "application__organization=3",
		"created__gt=" + middle, "created__lt=" + middle, "modified__gt=" + middle, "expires__gt=" + ahead, "last_used__isnull=true", "id__gt=500", "scope__startswith=re",
		"description__gt=token+5", "platform__startswith=gate", "description__in=token+5,token+50", "user__gt=77", "user__lt=77", week, "user__username__startswith=user-1", "user__email=nobody@example.org",
		"user__is_superuser=true", "created_by=1", "created_by=77", "modified_by=1", "refresh_token=500", "expires=" + ahead}
	orders := []string{"-id", "created", "-created", "modified", "-modified", "expires", "-expires", "last_used", "-last_used", "description", "-description", "user__username",
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
	queries = append(queries, "tokens/?page=100&platform=gateway", "tokens/?page=100&scope=read", "tokens/?page=20&scope=read",
		"tokens/?page=100&application__isnull=true", "tokens/?page=20&application=7", "tokens/?platform=controller&order_by=-expires",
		"users/77/tokens/", "users/77/personal_tokens/", "users/77/authorized_tokens/", "applications/209/tokens/", "users/", "users/?page=100",
		"applications/", "organizations/", "activitystream/", "activitystream/?page=100", "activitystream/?operation=delete",
		"tokens/?created__gt="+middle+"&order_by=created", "tokens/?description__gt=token+5&order_by=description", "activitystream/?created__lt="+middle,
		"activitystream/?created__gt="+middle+"&order_by=created", "activitystream/?id__gt=500&order_by=id", "activitystream/?object_type=user", "activitystream/?actor=77",
		"activitystream/?object_type=oauth2accesstoken&object_id=70")
	return ofAll(queries)
}

// otherPages are pages in another order than what is asked: of these the limit alone is wanted, as what is far from the beginning in that order takes longer to find.
func otherPages() []listPage {
	middle := time.Now().UTC().AddDate(0, 0, -182).Format(time.RFC3339)
	queries := []string{"tokens/?user=77&order_by=application__name", "tokens/?user__lt=77&order_by=-id", "tokens/?created_by=1&order_by=-expires", "tokens/?description__startswith=token+12&order_by=-modified",
		"tokens/?page=100&application__isnull=true&expires__gt=2001-01-01"}
	for _, order := range []string{"user__username", "-application__name", "-last_used"} {
		for _, filter := range []string{"created__gt=2001-01-01", "created__gt=" + middle, "platform=gateway", "user__gt=77", "description__startswith=token", "last_used__isnull=true", "scope=read"} {
			queries = append(queries, "tokens/?"+filter+"&order_by="+order, "tokens/?page=10&"+filter+"&order_by="+order)
		}
	}
	return ofAll(queries)
}

// ofAll are the pages as each caller asks for them at both APIs.
func ofAll(queries []string) []listPage {
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
