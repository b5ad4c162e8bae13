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
			line("%s: %d revoked here or, if people, disabled, as at the source", table.Table, table.Revoked)
		}
		for _, kind := range slices.Sorted(maps.Keys(table.Remarks)) {
			line("%s: %d %s", table.Table, table.Remarks[kind], kind)
		}
	}
	for _, each := range report.ThroughTeams {
		line("organization %d %q: %d people have the role %s through a team only, which is not imported", each.OrganizationID, each.Organization, each.Users, each.Kind)
	}
	for _, each := range report.ChangedSince {
		line("%s: %s", rowOf(each), each.Problem)
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
		for _, setting := range settingsHere(key, report.Settings[key]) {
			line("setting of the source, for you to take over: %s", setting)
		}
	}
	for _, each := range report.Conflicts {
		line("conflict: %s: %s", rowOf(each), each.Problem)
	}
	if report.DryRun {
		line("This was a dry run: nothing was stored.")
	}
	return text.String()
}

// rowOf names a row of the source, with its name if it has one.
func rowOf(row models.ImportConflict) string {
	if row.Name == "" {
		return fmt.Sprintf("%s %d", row.Table, row.ID)
	}
	return fmt.Sprintf("%s %d %q", row.Table, row.ID, row.Name)
}

// settingsHere writes a setting of the source as settings are written here: an object is one for each of its keys.
func settingsHere(key string, value json.RawMessage) []string {
	var parts map[string]json.RawMessage
	if json.Unmarshal(value, &parts) != nil || parts == nil {
		return []string{key + "=" + string(value)}
	}
	var each []string
	for _, part := range slices.Sorted(maps.Keys(parts)) {
		each = append(each, fmt.Sprintf("%s__%s=%s", key, part, parts[part]))
	}
	return each
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
