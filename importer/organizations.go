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
		again: func(o *organizationRow, was store.ImportedRow) (string, error) {
			r.organizations[o.ID] = was.ID
			if !was.Kept() && !was.Digest.Equal(o.digest()) {
				r.changed(o.ID, o.Name)
			}
			return reasonImported, nil
		}, gone: r.remarkEach, place: r.placeOrganizations})
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

func (r *run) placeOrganizations(counted *models.ImportedTable, rows []organizationRow) ([]models.ImportRow, error) {
	ids, names := make([]int64, len(rows)), make([]string, len(rows))
	for n := range rows {
		ids[n], names[n] = rows[n].ID, rows[n].Name
	}
	taken, err := r.taken(store.TableOrganizations, ids)
	if err != nil {
		return nil, err
	}
	same, err := r.reader.NamedOrganizations(names)
	if err != nil {
		return nil, err
	}
	holders := map[string]int64{}
	for _, organization := range same {
		holders[organization.Name] = organization.ID
	}
	var organizations []models.Organization
	var become []models.ImportRow
	for n := range rows {
		row := &rows[n]
		holder, named := holders[row.Name]
		seat, err := r.seatOf(counted.Table, store.TableOrganizations, row.ID, row.Name, holder, named, taken[row.ID])
		if err != nil {
			return nil, err
		}
		r.organizations[row.ID] = seat.id
		if seat.taken {
			continue
		}
		if seat.here {
			become = append(become, models.ImportRow{SourceTable: counted.Table, SourceID: row.ID, ID: seat.id})
			counted.Skip(reasonHere)
			continue
		}
		become = append(become, models.ImportRow{SourceTable: counted.Table, SourceID: row.ID, Digest: row.digest(), ID: seat.id})
		organizations = append(organizations, models.Organization{ID: seat.id, Name: row.Name, Description: row.Description,
			Stamps: r.stamps(row.Created, row.Modified)})
		counted.Imported++
	}
	if !r.stores() {
		return nil, nil
	}
	return become, r.tx.Organizations(organizations)
}
