package importer

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"

	"gatehouse/models"
)

// sourceError is an error of the source, which package store would take for one of the database here.
type sourceError struct {
	what string
	err  error
}

func (e *sourceError) Error() string { return e.what + ": " + e.err.Error() }

// Is tells only whether the import was interrupted.
func (e *sourceError) Is(target error) bool {
	return (target == context.Canceled || target == context.DeadlineExceeded) && errors.Is(e.err, target)
}

// failed says what of the source could not be done; nil where that went well.
func failed(what string, err error) error {
	if err == nil {
		return nil
	}
	return &sourceError{what, err}
}

// source is the database that is imported from, as it is at one moment. It is never written to.
type source struct {
	connection *pgx.Conn
	tx         pgx.Tx
	columns    map[string]map[string]bool // the names of columns by table
	tables     tables
	level      string
}

// tables are the names of the source's tables.
type tables struct {
	users, organizations, roles, rolesQuery, applications, accessTokens, refreshTokens, codes string
	app                                                                                       string // whose migrations tell the level
}

var controllerTables = tables{users: "auth_user", //nolint:gosec // names, no credentials
	organizations: "main_organization", roles: "main_rbac_roles_members", rolesQuery: controllerRoles,
	applications: "main_oauth2application", accessTokens: "main_oauth2accesstoken", refreshTokens: "oauth2_provider_refreshtoken",
	codes: "oauth2_provider_grant", app: "main"}

// openSource connects, begins a snapshot that cannot write, and looks at the schema.
func openSource(ctx context.Context, o Options) (*source, error) {
	if u, err := url.Parse(o.Source); err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return nil, errors.New("the source is no address of a PostgreSQL database: postgres://USER:PASSWORD@HOST:PORT/DATABASE")
	}
	config, err := pgx.ParseConfig(o.Source)
	if err != nil {
		return nil, errors.New("the source's address cannot be read") // the error may hold the password
	}
	config.RuntimeParams["application_name"] = "gatehouse"
	config.RuntimeParams["default_transaction_read_only"] = "on"
	config.RuntimeParams["client_encoding"] = "UTF8" // else that of the database
	s := &source{tables: controllerTables}
	if s.connection, err = pgx.ConnectConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("connect to the source: %w", err)
	}
	if err := s.begin(ctx, o.From); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// sessionStatements: rows that a policy hides would seem to be deleted, so that is an error; who waits for somebody's lock at the source keeps
// others waiting here; and the source waits for us while we store.
var sessionStatements = []string{"SET LOCAL row_security = off", "SET LOCAL lock_timeout = '60s'",
	"SET LOCAL idle_in_transaction_session_timeout = 0"}

func (s *source) begin(ctx context.Context, from models.Platform) (err error) {
	s.tx, err = s.connection.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return failed("read the source", err)
	}
	for _, statement := range sessionStatements {
		if _, err := s.tx.Exec(ctx, statement); err != nil {
			return failed("read the source", err)
		}
	}
	if err := s.readSchema(ctx); err != nil {
		return failed("read the source's schema", err)
	}
	if from == models.Gateway {
		if err := s.findGateway(ctx); err != nil {
			return err
		}
	}
	t := s.tables
	for _, table := range []string{t.accessTokens, t.refreshTokens, t.applications, t.organizations, t.users} {
		if s.columns[table] == nil {
			return fmt.Errorf("the source is not the database of %s: it has no table %s", describedAs[from], table)
		}
	}
	if s.columns["django_migrations"] != nil {
		err = s.tx.QueryRow(ctx, "SELECT COALESCE((SELECT name FROM django_migrations WHERE app = $1 ORDER BY name DESC LIMIT 1), '')", t.app).Scan(&s.level)
	}
	return err
}

var describedAs = map[models.Platform]string{models.Controller: "an automation controller", models.Gateway: "a platform gateway"}

// readSchema asks the catalogue, not information_schema: that hides what the user may not read, which would pass for what the level does not have.
func (s *source) readSchema(ctx context.Context) error {
	rows, err := s.tx.Query(ctx, `SELECT c.relname::text, a.attname::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE n.nspname = ANY (current_schemas(false)) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_table_is_visible(c.oid)`)
	if err != nil {
		return err
	}
	s.columns = map[string]map[string]bool{}
	var table, column string
	_, err = pgx.ForEachRow(rows, []any{&table, &column}, func() error {
		if s.columns[table] == nil {
			s.columns[table] = map[string]bool{}
		}
		s.columns[table][column] = true
		return nil
	})
	return err
}

func (s *source) close() { _ = s.connection.Close(context.Background()) }

// column is SQL for a column of a table that stands under a letter, or for what stands in for it where the level has none.
func (s *source) column(letter, table, name, otherwise string) string {
	if s.columns[table][name] {
		return letter + "." + name
	}
	return otherwise + " AS " + name
}

// modified is SQL for the time of the last change.
func (s *source) modified(letter, table string) string {
	for _, name := range []string{"modified", "updated"} {
		if s.columns[table][name] {
			return letter + "." + name + " AS modified"
		}
	}
	return "NULL::timestamptz AS modified"
}

// either is SQL that needs all of the tables, or what stands in for it where one is missing.
func (s *source) either(sql, otherwise string, tables ...string) string {
	for _, table := range tables {
		if s.columns[table] == nil {
			return otherwise
		}
	}
	return sql
}

func (s *source) number(ctx context.Context, sql string) (number int64, err error) {
	err = failed("read the source", s.tx.QueryRow(ctx, sql).Scan(&number))
	return number, err
}

func (s *source) highest(ctx context.Context, table string) (int64, error) {
	return s.number(ctx, "SELECT COALESCE(max(id), 0) FROM "+table)
}

// list joins columns of a SELECT.
func list(columns ...string) string { return strings.Join(columns, ", ") }
