package importer

import (
	"crypto/sha256"
	"fmt"
	"time"

	"gatehouse/models"
	"gatehouse/store"
)

// organizationRow is an organization at the source.
type organizationRow struct {
	ID          int64
	Name        string
	Description string
	Created     *time.Time
	Modified    *time.Time
}

func (r *run) importOrganizations() error {
	s, t := r.source, r.source.tables.organizations
	if err := r.reserve(store.TableOrganizations, t); err != nil {
		return err
	}
	query := "SELECT " + list("o.id", "o.name", s.column("o", t, "description", "''"), s.column("o", t, "created", "NULL::timestamptz"),
		s.column("o", t, "modified", "NULL::timestamptz")) + " FROM " + t + " AS o ORDER BY o.id"
	return bring(r, table[organizationRow]{name: t, target: store.TableOrganizations, query: query,
		id:     func(o *organizationRow) int64 { return o.ID },
		digest: (*organizationRow).digest,
		reason: func(*organizationRow) string { return "" },
		again: func(counted *part, o *organizationRow, was store.ImportedRow) (string, error) {
			r.organizations[o.ID], r.keptOrganizations[o.ID] = was.ID, was.Kept()
			if !was.Kept() && !was.Digest.Equal(o.digest()) {
				r.since(counted, o.ID, o.Name, problemChanged)
			}
			return reasonImported, nil
		},
		gone: r.noteGone,
		place: func(counted *part, rows []organizationRow) ([]models.ImportRow, error) {
			return placeNamed(r, counted, rows, named[organizationRow, models.Organization]{ids: r.organizations, kept: r.keptOrganizations,
				id:     func(o *organizationRow) int64 { return o.ID },
				name:   func(o *organizationRow) string { return o.Name },
				digest: (*organizationRow).digest,
				make: func(o *organizationRow, id int64) models.Organization {
					return models.Organization{ID: id, Name: o.Name, Description: o.Description, Stamps: r.stamps(o.Created, o.Modified)}
				},
				store:    func(organizations []models.Organization) error { return r.tx.Organizations(organizations) },
				stranger: func(*organizationRow, int64) string { return "" }})
		}})
}

func (o *organizationRow) digest() models.Digest {
	return sha256.Sum256(fmt.Appendf(nil, "%q %q", o.Name, o.Description))
}

// stamps are those of the source, as far as it has them.
func (r *run) stamps(created, modified *time.Time) models.Stamps {
	stamps := models.Stamps{Created: r.now, Modified: r.now}
	if created != nil {
		stamps = models.Stamps{Created: created.UTC(), Modified: created.UTC()}
	}
	if modified != nil {
		stamps.Modified = modified.UTC()
	}
	return stamps
}
