package api

import (
	"gatehouse/web/route"
)

// Routes is the table of both faces.
func (a *API) Routes() []route.Route { return nil }
