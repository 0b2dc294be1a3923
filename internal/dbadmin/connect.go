package dbadmin

import (
	"context"
	"os/exec"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Psql prepares a psql on the target: its arguments say where to connect and contain no secret, its
// environment holds the password, and an SQL error ends a script with a non-zero exit code. role, if not "",
// is the role that its statements run as.
func (a *Admin) Psql(ctx context.Context, tools Tools, role string, args ...string) (*exec.Cmd, error) {
	path, err := tools.Find(ctx, "psql", 0)
	if err != nil {
		return nil, err
	}
	// A first connection gives an error message of our own, and fixes the host.
	conn, err := a.Connect(ctx)
	if err != nil {
		return nil, err
	}
	closing(ctx, conn)
	info := a.Info
	if role != "" {
		escaped := strings.NewReplacer(`\`, `\\`, " ", `\ `).Replace(role)
		info = info.With("options", strings.TrimSpace(info.Get("options")+" -c role="+escaped))
	}
	cmd := exec.Command(path, append([]string{"--no-password", "--set=ON_ERROR_STOP=1", "--dbname=" + info.PublicDSN()}, args...)...)
	a.equip(ctx, cmd, "cruddur db connect")
	return cmd, cmd.Err
}

// Console is the built-in client, for a machine without psql.
type Console struct{ conn *pgx.Conn }

// Console connects; role, if not "", is the role that its statements run as.
func (a *Admin) Console(ctx context.Context, role string) (*Console, error) {
	conn, err := a.Connect(ctx)
	if err != nil {
		return nil, err
	}
	c := &Console{conn}
	if role != "" {
		if _, err := conn.Exec(ctx, "set role "+quote(role)); err != nil {
			closing(ctx, conn)
			return nil, err
		}
	}
	return c, nil
}

// Close ends the connection.
func (c *Console) Close(ctx context.Context) { closing(ctx, c.conn) }

// Transaction returns the state of the transaction: 'I' none, 'T' open, 'E' failed.
func (c *Console) Transaction() byte { return c.conn.PgConn().TxStatus() }

// Result is the result of one statement, as text.
type Result struct {
	Tag     string
	Columns []string
	Rows    [][]string
	Null    [][]bool
}

// textResult converts the server's result of one statement to text.
func textResult(one *pgconn.Result) Result {
	r := Result{Tag: one.CommandTag.String()}
	for _, f := range one.FieldDescriptions {
		r.Columns = append(r.Columns, f.Name)
	}
	for _, values := range one.Rows {
		row, null := []string{}, []bool{}
		for _, v := range values {
			row, null = append(row, string(v)), append(null, v == nil)
		}
		r.Rows, r.Null = append(r.Rows, row), append(r.Null, null)
	}
	return r
}

// Run runs one or more statements and returns a result for each.
func (c *Console) Run(ctx context.Context, sql string) ([]Result, error) {
	var results []Result
	reader := c.conn.PgConn().Exec(ctx, sql)
	for reader.NextResult() {
		rr := reader.ResultReader()
		r := Result{}
		for _, f := range rr.FieldDescriptions() {
			r.Columns = append(r.Columns, f.Name)
		}
		for rr.NextRow() {
			row, null := []string{}, []bool{}
			for _, v := range rr.Values() {
				row, null = append(row, string(v)), append(null, v == nil)
			}
			r.Rows, r.Null = append(r.Rows, row), append(r.Null, null)
		}
		tag, err := rr.Close()
		r.Tag = tag.String()
		if err == nil {
			results = append(results, r)
		}
	}
	return results, reader.Close()
}

// consoleQueries are the queries behind psql's commands in the built-in client.
var consoleQueries = map[string]string{
	`\l`: `select d.datname as name, r.rolname as owner, pg_encoding_to_char(d.encoding) as encoding, d.datcollate as collate
		from pg_database d join pg_roles r on r.oid = d.datdba where d.datallowconn order by 1`,
	`\dt`: `select n.nspname as schema, c.relname as name, r.rolname as owner, obj_description(c.oid, 'pg_class') as comment
		from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_roles r on r.oid = c.relowner
		where` + userTables + ` order by 1, 2`,
	`\d`: `select a.attname as column, format_type(a.atttypid, a.atttypmod) as type, case when a.attnotnull then 'not null' else '' end as null,
			coalesce(pg_get_expr(d.adbin, d.adrelid), '') as default
		from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
		where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum`,
}

// Describe turns one of psql's commands into SQL; ok is false if the built-in client does not have it.
func Describe(command string) (sql string, ok bool) {
	word, rest, _ := strings.Cut(strings.TrimSpace(command), " ")
	rest = strings.TrimSpace(rest)
	if word == `\d` && rest == "" {
		word = `\dt`
	}
	sql, ok = consoleQueries[word]
	if word == `\d` {
		sql = strings.Replace(sql, "%s", literal(rest), 1)
	}
	return sql, ok
}

// ErrorPosition returns the position of an error in its statement, as the number of the character from 1; 0
// is unknown.
func ErrorPosition(err error) int {
	for ; err != nil; err = unwrap(err) {
		if pe, ok := err.(*pgconn.PgError); ok {
			return int(pe.Position)
		}
	}
	return 0
}

func unwrap(err error) error {
	if u, ok := err.(interface{ Unwrap() error }); ok {
		return u.Unwrap()
	}
	return nil
}
