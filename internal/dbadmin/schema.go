package dbadmin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cruddur"
	"cruddur/internal/postgres"
	"cruddur/internal/sqlscript"
)

// SchemaDump is the target's schema as SQL that loads into an empty database, and with it the record of
// applied migrations. The same schema gives the same bytes: what pg_dump writes anew on each run
// (versions, the random \restrict key) is left out.
func (a *Admin) SchemaDump(ctx context.Context, tools Tools) (string, error) {
	major, err := a.serverMajor(ctx)
	if err != nil {
		return "", err
	}
	path, err := tools.Find(ctx, "pg_dump", major)
	if err != nil {
		return "", err
	}
	var out, errs bytes.Buffer
	cmd := a.command(ctx, path, "--schema-only", "--no-owner", "--no-privileges", "--no-password", "--dbname="+a.Info.PublicDSN())
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return "", fail(cruddur.KindInternal, "pg_dump: "+strings.TrimSpace(errs.String()), err, "")
	}
	records, err := a.recordSQL(ctx)
	if err != nil {
		return "", err
	}
	schema, err := normalise(out.String())
	return schemaHeader + schema + records, err
}

const schemaHeader = `-- Generated from the migrations by: cruddur db schema dump. Do not edit.
set local check_function_bodies = off;

`

// noise are statements for the session, and the extension that an operator adds to look at statements.
var noise = regexp.MustCompile(`^(SET |SELECT pg_catalog\.set_config\(|(CREATE|COMMENT ON) EXTENSION (IF NOT EXISTS )?pg_stat_statements\b)`)

// normalise keeps the statements and drops what differs from run to run: every setting of the session,
// pg_dump's comments and its \restrict key.
func normalise(dump string) (string, error) {
	var plain strings.Builder
	for line := range strings.Lines(dump) {
		if !strings.HasPrefix(line, `\restrict `) && !strings.HasPrefix(line, `\unrestrict `) {
			plain.WriteString(line)
		}
	}
	statements, err := sqlscript.Split(plain.String())
	if err != nil {
		return "", err
	}
	var kept []string
	for _, s := range statements {
		if !noise.MatchString(s.Text) {
			kept = append(kept, s.Text+";\n")
		}
	}
	return strings.Join(kept, "\n"), nil
}

// recordSQL notes the applied migrations without the hour and the duration of this database.
func (a *Admin) recordSQL(ctx context.Context) (string, error) {
	list, err := a.Migrator().Status(ctx)
	if err != nil {
		return "", err
	}
	var rows []string
	for _, m := range list {
		if m.Applied {
			rows = append(rows, fmt.Sprintf("    (%d, %s, %s, 0)", m.Version, literal(m.Name), literal(m.Checksum)))
		}
	}
	if len(rows) == 0 {
		return "", nil
	}
	return "\ninsert into public.schema_migrations (version, name, checksum, milliseconds) values\n" +
		strings.Join(rows, ",\n") + ";\n", nil
}

// SchemaLoad replaces what the schema public holds by what the SQL makes, in one transaction.
func (a *Admin) SchemaLoad(ctx context.Context, name, text string) (statements int, err error) {
	err = a.InTransaction(ctx, func(conn *pgx.Conn) error {
		if _, err := conn.PgConn().Exec(ctx, keepSQL+emptySQL).ReadAll(); err != nil {
			return err
		}
		script := postgres.Script{File: name, Text: text}
		if statements, err = script.Run(ctx, conn); err != nil {
			return err
		}
		_, err = conn.PgConn().Exec(ctx, giveBackSQL).ReadAll()
		return err
	})
	return statements, inTheWay(err, a)
}

// inTheWay says how to find who holds the lock that was not to be had.
func inTheWay(err error, a *Admin) error {
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok && pe.Code == "55P03" {
		return fail(cruddur.KindInternal, "somebody uses the tables that are to be replaced; nothing was done", err, "see who: "+a.Command("sessions"))
	}
	return err
}

// keepSQL remembers who owns what and who was granted what, before everything is replaced: a dump knows
// neither, and the app's role would find itself locked out.
const keepSQL = `
		set local client_min_messages = warning;
		set local search_path = public;
		set local lock_timeout = '10s';
		create temporary table cruddur_kept on commit drop as
			select c.relname::text as name, null::text as routine, pg_get_userbyid(c.relowner)::text as owner, c.relacl as acl, c.relkind = 'S' as sequence
			from pg_class c
			where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S')
			union all
			select null, p.oid::regprocedure::text, pg_get_userbyid(p.proowner)::text, null, false
			from pg_proc p
			where p.pronamespace = 'public'::regnamespace;`

// giveBackSQL makes owners and grants what they were, for everything that is there again by its name.
const giveBackSQL = `
		set local search_path = public;
		do $$
		declare
			it record;
			granted record;
		begin
			for it in
				select k.*, c.oid, pg_get_userbyid(c.relowner)::text as now_owner,
					exists (select from pg_depend d where d.objid = c.oid and d.deptype in ('a', 'i', 'e')) as bound
				from pg_temp.cruddur_kept k join pg_class c on c.relname = k.name and c.relnamespace = 'public'::regnamespace
			loop
				if it.owner <> it.now_owner and not it.bound then
					execute format('alter table public.%I owner to %I', it.name, it.owner);
				end if;
				-- What whoever loads it grants by default is not what was granted here.
				for granted in
					select distinct x.grantee from pg_class c, aclexplode(c.relacl) x
					where c.oid = it.oid and x.grantee <> c.relowner
				loop
					execute format('revoke all on public.%I from %s', it.name,
						case when granted.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(granted.grantee)) end);
				end loop;
				for granted in select * from aclexplode(it.acl) x where x.grantee <> x.grantor loop
					execute format('grant %s on %s public.%I to %s %s', granted.privilege_type, case when it.sequence then 'sequence' else 'table' end, it.name,
						case when granted.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(granted.grantee)) end,
						case when granted.is_grantable then 'with grant option' else '' end);
				end loop;
			end loop;
			for it in
				select k.* from pg_temp.cruddur_kept k join pg_proc p on p.oid = to_regprocedure(k.routine)
				where k.owner <> pg_get_userbyid(p.proowner)
			loop
				execute format('alter routine %s owner to %I', it.routine, it.owner);
			end loop;
		end
		$$;`

// emptySQL drops everything in the schema public and keeps the schema, its owner and its grants.
const emptySQL = `
		set local client_min_messages = warning;
		set local search_path = public;
		do $$
		declare
			it record;
		begin
			for it in
				select format('drop %s if exists %s cascade',
					case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' when 'f' then 'foreign table' else 'table' end,
					c.oid::regclass) as sql
				from pg_class c
				where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and not c.relispartition
					and not exists (select from pg_depend d where d.objid = c.oid and d.deptype in ('e', 'i', 'a'))
			loop
				execute it.sql;
			end loop;
			for it in
				select format('drop routine if exists %s cascade', p.oid::regprocedure) as sql
				from pg_proc p
				where p.pronamespace = 'public'::regnamespace and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
			loop
				execute it.sql;
			end loop;
			for it in
				select format('drop type if exists %s cascade', t.oid::regtype) as sql
				from pg_type t
				where t.typnamespace = 'public'::regnamespace and t.typtype in ('d', 'e', 'c', 'r')
					and not exists (select from pg_depend d where d.objid = t.oid and d.deptype in ('e', 'i'))
			loop
				execute it.sql;
			end loop;
		end
		$$;`

// FirstDifference is the first line in which two texts differ, for people; "" is none.
func FirstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(a), len(b)) {
		x, y := "(end)", "(end)"
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return fmt.Sprintf("line %d\n- %s\n+ %s", i+1, x, y)
		}
	}
	return ""
}
