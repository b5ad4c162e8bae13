package console

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"gatehouse/openapi"
	"gatehouse/templates"
)

// showReference shows the API in words. The page asks the server for the description, and for what people try, so it may connect to it.
func (w *Console) showReference(c *gin.Context) error {
	const header = "Content-Security-Policy"
	c.Header(header, c.Writer.Header().Get(header)+"; connect-src 'self'")
	return w.render(c, http.StatusOK, "reference", templates.ReferencePage{Page: w.page(c, "reference"), Description: openapi.Path})
}
