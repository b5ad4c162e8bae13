package importer

import (
	"crypto/sha256"
	"fmt"

	"github.com/jackc/pgx/v5"

	"gatehouse/models"
	"gatehouse/store"
)

// roleRow is a role that a user holds at the source.
type roleRow struct {
	ID             int64
	UserID         int64
	Singleton      string // a role in everything
	OrganizationID *int64 // nil: a role in something else
	Role           models.Role
}

const (
	systemAuditor       = "system_auditor"
	systemAdministrator = "system_administrator"
)

// Why a role is not imported.
const (
	reasonSuperuser = "system administrator (is_superuser says it)"
	reasonOtherRole = "other role"
	reasonKept      = "user kept as here"
)

var roleRemarks = map[models.Role]string{models.RoleAdmin: "organization administrator", models.RoleMember: "organization member",
	models.RoleAuditor: "organization auditor"}

// organizationRoles are the roles in organizations that a controller has columns for.
const organizationRoles = `SELECT id AS organization_id, admin_role_id AS role_id, 'admin' AS role FROM main_organization
	UNION ALL SELECT id, member_role_id, 'member' FROM main_organization UNION ALL SELECT id, auditor_role_id, 'auditor' FROM main_organization`

const controllerRoles = `SELECT m.id, m.user_id, COALESCE(r.singleton_name, '') AS singleton, o.organization_id, COALESCE(o.role, '') AS role
	FROM main_rbac_roles_members AS m JOIN main_rbac_roles AS r ON r.id = m.role_id
	LEFT JOIN (` + organizationRoles + `) AS o ON o.role_id = m.role_id ORDER BY m.id`

// importRoles brings along who administers, belongs to or audits organizations, and who audits everything.
func (r *run) importRoles() error {
	if r.source.either("", "missing", r.source.tables.roles) != "" {
		return nil
	}
	memberships, err := r.reader.Memberships()
	if err != nil {
		return err
	}
	auditors, err := r.reader.PlatformAuditorIDs()
	if err != nil {
		return err
	}
	held := holders{r, memberships, auditors}
	return bring(r, table[roleRow]{name: r.source.tables.roles, target: store.TableUsers, query: r.source.tables.rolesQuery,
		id:     func(m *roleRow) int64 { return m.ID },
		reason: r.refusedRole,
		again: func(_ *part, m *roleRow, _ store.ImportedRow) (string, error) {
			if !held.holds(m) {
				return reasonRemoved, nil
			}
			return reasonImported, nil
		},
		gone: func(counted *part, gone []store.ImportedRow) error {
			for range gone {
				counted.Remark(remarkGone)
			}
			return nil
		},
		place: func(counted *part, rows []roleRow) ([]models.ImportRow, error) {
			return r.placeRoles(counted, rows, held)
		}})
}

// holders are those who hold roles here.
type holders struct {
	r           *run
	memberships map[models.Membership]bool
	auditors    map[int64]bool
}

func (h *holders) holds(m *roleRow) bool {
	if m.OrganizationID == nil {
		return h.auditors[h.r.users[m.UserID]]
	}
	return h.memberships[h.r.membership(m)]
}

// add notes one, since the source may have the same role in several rows.
func (h *holders) add(m *roleRow) {
	if m.OrganizationID == nil {
		h.auditors[h.r.users[m.UserID]] = true
	} else {
		h.memberships[h.r.membership(m)] = true
	}
}

func (r *run) refusedRole(m *roleRow) string {
	_, there := r.users[m.UserID]
	switch {
	case m.Singleton == systemAdministrator:
		return reasonSuperuser
	case m.Singleton != systemAuditor && m.OrganizationID == nil:
		return reasonOtherRole
	case !there:
		return reasonNoUser
	case m.OrganizationID == nil && r.kept[m.UserID], m.OrganizationID != nil && r.kept[m.UserID] && r.keptOrganizations[*m.OrganizationID]:
		return reasonKept
	}
	if m.OrganizationID != nil {
		if _, there := r.organizations[*m.OrganizationID]; !there {
			return "organization " + reasonRemoved
		}
	}
	return ""
}

func (r *run) membership(m *roleRow) models.Membership {
	return models.Membership{OrganizationID: r.organizations[*m.OrganizationID], UserID: r.users[m.UserID], Role: m.Role}
}

func (r *run) placeRoles(counted *part, rows []roleRow, held holders) ([]models.ImportRow, error) {
	var memberships []models.Membership
	var auditors []int64
	become := make([]models.ImportRow, len(rows))
	for n := range rows {
		row := &rows[n]
		become[n] = models.ImportRow{SourceTable: counted.Table, SourceID: row.ID, ID: r.users[row.UserID],
			Digest: sha256.Sum256(fmt.Appendf(nil, "%d %s %s", row.UserID, row.Singleton, row.Role))}
		switch {
		case held.holds(row):
			counted.Skip(reasonHere)
			continue
		case row.OrganizationID == nil:
			auditors = append(auditors, r.users[row.UserID])
			counted.Remark("system auditor")
		default:
			memberships = append(memberships, r.membership(row))
			counted.Remark(roleRemarks[row.Role])
		}
		held.add(row)
		counted.Imported++
	}
	if !r.stores() {
		return nil, nil
	}
	if err := r.tx.Memberships(memberships); err != nil {
		return nil, err
	}
	return become, r.tx.PlatformAuditors(auditors)
}

// throughTeams tells of people who have a role in an organization only because a team of theirs has it. An administrator counts as a member.
const throughTeams = `WITH roles AS (` + organizationRoles + `),
	direct AS (
		SELECT r.organization_id, r.role, m.user_id FROM roles AS r JOIN main_rbac_roles_members AS m ON m.role_id = r.role_id
		UNION SELECT r.organization_id, 'member', m.user_id FROM roles AS r JOIN main_rbac_roles_members AS m ON m.role_id = r.role_id WHERE r.role = 'admin'),
	through AS (
		SELECT DISTINCT r.organization_id, r.role, m.user_id FROM roles AS r JOIN main_rbac_role_ancestors AS a ON a.descendent_id = r.role_id
		JOIN main_team AS t ON a.ancestor_id IN (t.member_role_id, t.admin_role_id) JOIN main_rbac_roles_members AS m ON m.role_id = a.ancestor_id)
	SELECT t.organization_id, o.name, t.role, count(*) FROM through AS t JOIN main_organization AS o ON o.id = t.organization_id
	WHERE NOT EXISTS (SELECT FROM direct AS d WHERE d.organization_id = t.organization_id AND d.role = t.role AND d.user_id = t.user_id)
	GROUP BY 1, 2, 3 ORDER BY 1, 3`

func (r *run) describeTeams() error {
	if r.From != models.Controller || r.source.either("", "missing", "main_team", "main_rbac_role_ancestors") != "" {
		return nil
	}
	rows, err := r.source.tx.Query(r.ctx, throughTeams)
	if err != nil {
		return failed("read the source's teams", err)
	}
	var each models.ThroughTeam
	_, err = pgx.ForEachRow(rows, []any{&each.OrganizationID, &each.Organization, &each.Kind, &each.Users}, func() error {
		r.report.ThroughTeams = append(r.report.ThroughTeams, each)
		return nil
	})
	return failed("read the source's teams", err)
}
