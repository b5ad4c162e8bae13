package console

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"gatehouse/openapi"
	"gatehouse/templates"
)

// mayConnect lets the script of the page ask this server.
func mayConnect(c *gin.Context) {
	const header = "Content-Security-Policy"
	c.Header(header, c.Writer.Header().Get(header)+"; connect-src 'self'")
}

// showReference shows the API in words. The page asks the server for the description, and for what people try.
func (w *Console) showReference(c *gin.Context) error {
	mayConnect(c)
	return w.render(c, http.StatusOK, "reference", templates.ReferencePage{Page: w.page(c, "reference"), Description: openapi.Path})
}
