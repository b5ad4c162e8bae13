package manage

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gatehouse/models"
)

// printReport writes the report: a line for each table, then what else there is to know; or all of it as one JSON object.
func (p *program) printReport(report *models.ImportReport, in *importing) error {
	if in.format == "json" {
		encoder := json.NewEncoder(p.stdout)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(report)
	}
	if p.verbosity == 0 || in.follow && in.rounds > 1 && !report.Changed() {
		return nil
	}
	_, err := fmt.Fprint(p.stdout, importText(report))
	return err
}

func importText(report *models.ImportReport) string {
	var text strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	for _, table := range report.Tables {
		line("%s: read %d, imported %d, skipped %d%s", table.Table, table.Read, table.Imported, table.Total(), inParentheses(table.Skipped))
	}
	for _, table := range report.Tables {
		if table.Revoked > 0 {
			line("%s: %d revoked here, since they were revoked at the source", table.Table, table.Revoked)
		}
		for _, kind := range slices.Sorted(maps.Keys(table.Remarks)) {
			line("%s: %d %s", table.Table, table.Remarks[kind], kind)
		}
	}
	for _, each := range report.ThroughTeams {
		line("organization %d %q: %d people are %s through a team only, which is not imported", each.OrganizationID, each.Organization, each.Users, each.Kind)
	}
	for _, each := range report.ChangedSince {
		line("%s %d %q: %s", each.Table, each.ID, each.Name, each.Problem)
	}
	for _, each := range report.Renumbered {
		if each.Name != "" {
			line("%s: %d is %d here, under the name %q", each.Table, each.From, each.To, each.Name)
		} else {
			line("%s: %d is %d here", each.Table, each.From, each.To)
		}
	}
	for _, id := range report.SecretsToRotate {
		line("application %d: the secret must be rotated", id)
	}
	for _, key := range slices.Sorted(maps.Keys(report.Settings)) {
		line("setting of the source: %s = %s", key, report.Settings[key])
	}
	for _, each := range report.Conflicts {
		line("conflict: %s %d %q: %s", each.Table, each.ID, each.Name, each.Problem)
	}
	if report.DryRun {
		line("This was a dry run: nothing was stored.")
	}
	return text.String()
}

// inParentheses lists reasons with their numbers, in alphabetical order.
func inParentheses(numbers map[string]int64) string {
	if len(numbers) == 0 {
		return ""
	}
	var each []string
	for _, reason := range slices.Sorted(maps.Keys(numbers)) {
		each = append(each, fmt.Sprintf("%s %d", reason, numbers[reason]))
	}
	return " (" + strings.Join(each, ", ") + ")"
}
