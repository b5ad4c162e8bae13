package console

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"gatehouse/models"
	"gatehouse/templates"
)

func importSummary(run *models.ImportRun) templates.ImportSummary {
	summary := templates.ImportSummary{ID: run.ID, Platform: string(run.Source), Finished: run.Finished, Last: run.Last}
	if run.Report == nil {
		return summary
	}
	for _, table := range run.Report.Tables {
		summary.Imported += table.Imported
		summary.Skipped += table.Total()
		summary.Revoked += table.Revoked
	}
	summary.Conflicts, summary.Secrets = int64(len(run.Report.Conflicts)), int64(len(run.Report.SecretsToRotate))
	return summary
}

func (w *Console) showImport(c *gin.Context) error {
	id, err := idOf(c)
	if err != nil {
		return err
	}
	run, err := w.server.ImportRun(c.Request.Context(), actorOf(c), id)
	if err != nil {
		return err
	}
	data := templates.ImportPage{Page: w.page(c, "maintenance"), Summary: importSummary(run), Started: run.Started}
	if run.Report == nil {
		return w.render(c, http.StatusOK, "import", data)
	}
	report := run.Report
	data.Level, data.Conflicts, data.Changed = report.Level, importRemarks(report.Conflicts), importRemarks(report.ChangedSince)
	for _, table := range report.Tables {
		data.Tables = append(data.Tables, templates.ImportTable{Name: table.Table, Read: table.Read, Imported: table.Imported, Skipped: table.Total(),
			Revoked: table.Revoked, Reasons: countedReasons(table.Skipped), Remarks: countedReasons(table.Remarks)})
	}
	for _, each := range report.Renumbered {
		data.Renumbered = append(data.Renumbered, templates.ImportRemark{Table: each.Table, ID: each.From, Name: each.Name, Text: fmt.Sprintf("is %d here", each.To)})
	}
	for _, each := range report.ThroughTeams {
		data.Teams = append(data.Teams, templates.ImportRemark{Table: "organization", ID: each.OrganizationID, Name: each.Organization,
			Text: fmt.Sprintf("people who are %s through a team only: %d", each.Kind, each.Users)})
	}
	for _, key := range slices.Sorted(maps.Keys(report.Settings)) {
		data.Settings = append(data.Settings, templates.ImportSetting{Key: key, Value: settingText(report.Settings[key])})
	}
	data.Secrets, err = w.secretsToRotate(c, report.SecretsToRotate)
	if err != nil {
		return err
	}
	return w.render(c, http.StatusOK, "import", data)
}

// settingText is a setting's value, a text without its quotation marks.
func settingText(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

func countedReasons(numbers map[string]int64) []templates.Amount {
	var all []templates.Amount
	for _, reason := range slices.Sorted(maps.Keys(numbers)) {
		all = append(all, templates.Amount{Number: numbers[reason], Noun: reason})
	}
	return all
}

func importRemarks(conflicts []models.ImportConflict) []templates.ImportRemark {
	var remarks []templates.ImportRemark
	for _, each := range conflicts {
		remarks = append(remarks, templates.ImportRemark{Table: each.Table, ID: each.ID, Name: each.Name, Text: each.Problem})
	}
	return remarks
}

// secretsToRotate names the applications, those that are still there as links.
func (w *Console) secretsToRotate(c *gin.Context, ids []int64) ([]templates.Part, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	names, err := w.namesOf(c, models.ObjectApplication, ids)
	if err != nil {
		return nil, err
	}
	var parts []templates.Part
	for _, id := range ids {
		parts = append(parts, known{models.ObjectApplication: names}.part(models.ObjectApplication, id, or(names[id], fmt.Sprintf("Application %d", id))))
	}
	return parts, nil
}
