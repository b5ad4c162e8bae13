package console

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"gatehouse/openapi"
	"gatehouse/store"
	"gatehouse/templates"
)

const referencePath = "/docs"

// showReference lists what programs can ask of the server, all or what a search finds: each of its words in the method, the path, the name or
// the summary of an operation, or in the name of its group.
func (w *Console) showReference(c *gin.Context) error {
	list, _ := w.listed(c, listing{path: referencePath})
	words := strings.Fields(strings.ToLower(list.Query.Get("search")))
	description := openapi.Read()
	data := templates.ReferencePage{Page: w.page(c, "reference"), Description: openapi.Path, Text: description.Text}
	for _, group := range description.Groups {
		shown := templates.OperationGroup{ID: groupID(group.Name), Name: group.Name, Text: group.Text}
		for _, each := range group.Operations {
			if hasAll(strings.ToLower(strings.Join([]string{each.Method, each.Path, each.ID, each.Summary, group.Name}, " ")), words) {
				shown.Operations = append(shown.Operations, operationLink(each))
			}
		}
		if len(shown.Operations) > 0 {
			data.Groups = append(data.Groups, shown)
		}
		list.Count += int64(len(shown.Operations))
	}
	data.List = list
	return w.render(c, http.StatusOK, "reference", data)
}

func hasAll(text string, words []string) bool {
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

func operationLink(o *openapi.Operation) templates.OperationLink {
	return templates.OperationLink{ID: o.ID, Method: o.Method, Path: o.Path, Summary: o.Summary}
}

// groupID is the id of a group's heading.
func groupID(name string) string {
	return "group-" + strings.ToLower(strings.ReplaceAll(strings.Trim(strings.ReplaceAll(name, "/", " "), " "), " ", "-"))
}

// showOperation shows one operation, by its operationId.
func (w *Console) showOperation(c *gin.Context) error {
	description := openapi.Read()
	for _, group := range description.Groups {
		for _, each := range group.Operations {
			if each.ID == c.Param("id") {
				data := operationPage(describer{description}, each, w.server.Issuer())
				data.Page, data.Group, data.GroupID = w.page(c, "reference"), group.Name, groupID(group.Name)
				return w.render(c, http.StatusOK, "operation", data)
			}
		}
	}
	return store.ErrNotFound
}
