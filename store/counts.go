package store

import (
	"gorm.io/gorm"

	"gatehouse/models"
)

// OrganizationCounts says how many belong to an organization. An administrator counts as a member.
type OrganizationCounts struct {
	Members        int64
	Administrators int64
	Applications   int64
}

// OrganizationCounts counts for each of the organizations.
func (r Reader) OrganizationCounts(ids []int64) (map[int64]OrganizationCounts, error) {
	people := r.db.Model(&models.Membership{}).Where("role IN ?", []models.Role{models.RoleMember, models.RoleAdmin})
	members, err := countEach(people.Select("organization_id AS id, count(DISTINCT user_id) AS count"), ids)
	if err != nil {
		return nil, err
	}
	administrators := r.db.Model(&models.Membership{}).Where("role = ?", models.RoleAdmin)
	admins, err := countEach(administrators.Select("organization_id AS id, count(*) AS count"), ids)
	if err != nil {
		return nil, err
	}
	applications, err := countEach(r.db.Model(&models.Application{}).Select("organization_id AS id, count(*) AS count"), ids)
	if err != nil {
		return nil, err
	}
	counts := map[int64]OrganizationCounts{}
	for _, id := range ids {
		counts[id] = OrganizationCounts{Members: members[id], Administrators: admins[id], Applications: applications[id]}
	}
	return counts, nil
}

// countEach runs a query for id and count of organizations.
func countEach(query *gorm.DB, ids []int64) (map[int64]int64, error) {
	var rows []struct{ ID, Count int64 }
	if err := query.Where("organization_id IN ?", ids).Group("organization_id").Scan(&rows).Error; err != nil {
		return nil, translate(err)
	}
	counts := map[int64]int64{}
	for _, row := range rows {
		counts[row.ID] = row.Count
	}
	return counts, nil
}

// Dependents says how many applications and access tokens go with what they hang on.
type Dependents struct {
	Applications int64
	Tokens       int64
}

// Dependents counts what goes with an organization, or with a user, whose own tokens count as well; the other id is 0.
func (r Reader) Dependents(organizationID, userID int64) (Dependents, error) {
	var d Dependents
	applications := r.db.Model(&models.Application{}).Where("organization_id = ? OR user_id = ?", organizationID, userID).
		Session(&gorm.Session{})
	if err := applications.Count(&d.Applications).Error; err != nil {
		return d, translate(err)
	}
	// Two index ranges: an OR over both would read the whole table on PostgreSQL.
	own := r.db.Model(&models.AccessToken{}).Select("id").Where("user_id = ?", userID)
	through := r.db.Model(&models.AccessToken{}).Select("id").Where("application_id IN (?)", applications.Select("id"))
	err := r.db.Table("(? UNION ?) AS affected", own, through).Count(&d.Tokens).Error
	return d, translate(err)
}
