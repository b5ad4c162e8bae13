package web

import (
	"testing"

	"gatehouse/models"
	"gatehouse/openapi/openapitest"
	"gatehouse/server"
	"gatehouse/store/storetest"
)

// TestDescriptionIsComplete: everything that is served to programs is described, and nothing else is. Left out are the tables for people.
func TestDescriptionIsComplete(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db storetest.DB) {
		s, err := server.New(server.Options{Store: db.Store, Issuer: "http://localhost:8080", Policy: models.DefaultPolicy()})
		if err != nil {
			t.Fatal(err)
		}
		w, err := newWeb(Options{Server: s})
		if err != nil {
			t.Fatal(err)
		}
		var routes []openapitest.Route
		for _, table := range w.tables() {
			for _, each := range table.routes {
				if !table.forPeople {
					routes = append(routes, openapitest.Route{Method: each.Method, Path: each.Path})
				}
			}
		}
		unserved, undescribed, err := openapitest.Compare(routes)
		if err != nil {
			t.Fatal(err)
		}
		for _, each := range unserved {
			t.Errorf("described and not served: %s", each)
		}
		for _, each := range undescribed {
			t.Errorf("served and not described: %s", each)
		}
		if len(routes) < 200 {
			t.Errorf("only %d routes were compared", len(routes))
		}
	})
}
