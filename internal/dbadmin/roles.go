package dbadmin

import (
	"context"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"cruddur"
)

// RoleKind is what a role may do in the target's database.
type RoleKind string

// The kinds of roles, each no more than its work needs.
const (
	RoleOwner    RoleKind = "owner"     // owns the schema and migrates it
	RoleApp      RoleKind = "app"       // for serve: reads and writes rows, cannot change the schema
	RoleReadOnly RoleKind = "read-only" // may only select
)

// Role is one role of the server and what it may do in this database.
type Role struct {
	Name       string     `json:"name"`
	Login      bool       `json:"login"`
	Superuser  bool       `json:"superuser"`
	CreateDB   bool       `json:"create_database"`
	CreateRole bool       `json:"create_role"`
	Kind       string     `json:"kind"` // owner, app, read-only, superuser or ""
	Sessions   int        `json:"sessions"`
	ValidUntil *time.Time `json:"password_valid_until"`
	MemberOf   []string   `json:"member_of"`
}

// Roles lists the roles that users have made.
func (a *Admin) Roles(ctx context.Context) ([]Role, error) {
	return collect(ctx, a, func(row pgx.CollectableRow) (r Role, err error) {
		err = row.Scan(&r.Name, &r.Login, &r.Superuser, &r.CreateDB, &r.CreateRole, &r.Kind, &r.Sessions, &r.ValidUntil, &r.MemberOf)
		return r, err
	}, `
		select r.rolname::text, r.rolcanlogin, r.rolsuper, r.rolcreatedb, r.rolcreaterole,
			case
				when r.rolsuper then 'superuser'
				when d.datdba = r.oid or pg_has_role(r.oid, d.datdba, 'usage') then 'owner'
				when has_schema_privilege(r.oid, 'public', 'create') then 'may change the schema'
				when t.oid is null then ''
				when has_table_privilege(r.oid, t.oid, 'insert') then 'app'
				when has_table_privilege(r.oid, t.oid, 'select') then 'read-only'
				else '' end,
			coalesce(s.n, 0),
			nullif(r.rolvaliduntil, 'infinity'),
			array(select g.rolname::text from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid order by 1)
		from pg_roles r
			cross join (select * from pg_database where datname = current_database()) d
			cross join (select to_regclass('public.activities') as oid) t
			left join (select usesysid, count(*) as n from pg_stat_activity where datname = current_database() group by 1) s on s.usesysid = r.oid
		where r.rolname not like 'pg\_%' and r.rolname not in ('rdsadmin', 'rdsrepladmin', 'rdstopmgr', 'rds_ad', 'rds_password', 'rds_replication', 'rds_reserved')
		order by r.rolsuper desc, 1`)
}

// CreateRole creates a role that may log in and grants it the rights of its kind, for existing and future
// tables. An existing role is granted the same and keeps its password and its login, unless renew is set: a
// script that provisions must be able to run twice. password is stored as a SCRAM secret made here, so that
// no log of the server contains it; with iam there is no password, and Amazon's tokens are accepted.
func (a *Admin) CreateRole(ctx context.Context, name string, kind RoleKind, password string, iam, renew bool) (created bool, err error) {
	err = a.InTransaction(ctx, func(conn *pgx.Conn) error {
		var exists, super bool
		if err := conn.QueryRow(ctx, "select count(*) > 0, coalesce(bool_or(rolsuper), false) from pg_roles where rolname = $1", name).Scan(&exists, &super); err != nil {
			return err
		}
		if super {
			return fail(cruddur.KindForbidden, name+" is a superuser, which no grant can limit", nil, "choose another name")
		}
		if !exists {
			created = true
			if _, err := conn.Exec(ctx, "create role "+quote(name)+" nosuperuser nocreatedb nocreaterole inherit"); err != nil {
				return err
			}
		}
		if created || renew {
			if err := setLogin(ctx, conn, name, password, iam); err != nil {
				return err
			}
		}
		return a.grant(ctx, conn, name, kind)
	})
	return created, roleError(err, "create role "+name)
}

func setLogin(ctx context.Context, conn *pgx.Conn, name, password string, iam bool) error {
	if iam {
		if _, err := conn.Exec(ctx, "alter role "+quote(name)+" login"); err != nil {
			return err
		}
		_, err := conn.Exec(ctx, "grant rds_iam to "+quote(name))
		if pe, ok := errors.AsType[*pgconn.PgError](err); ok && pe.Code == "42704" {
			return fail(cruddur.KindInvalid, "this server has no role rds_iam", err, "IAM authentication exists only on Amazon RDS; give a password instead")
		}
		return err
	}
	if password == "" {
		return nil
	}
	secret, err := scramSecret(password)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, "alter role "+quote(name)+" login password "+literal(secret))
	return err
}

// Grant gives an existing role the rights of its kind.
func (a *Admin) Grant(ctx context.Context, name string, kind RoleKind) error {
	err := a.InTransaction(ctx, func(conn *pgx.Conn) error { return a.grant(ctx, conn, name, kind) })
	return roleError(err, "grant to "+name)
}

// grant first revokes everything in the schema, so that the role ends with exactly the rights of its kind.
func (a *Admin) grant(ctx context.Context, conn *pgx.Conn, name string, kind RoleKind) error {
	db, role := quote(a.Database()), quote(name)
	future, err := defaultPrivileges(ctx, conn)
	if err != nil {
		return err
	}
	statements := []string{
		"revoke create on schema public from public",
		"revoke all on all tables in schema public from " + role,
		"revoke all on all sequences in schema public from " + role,
		"revoke all on schema public from " + role,
		"revoke all on database " + db + " from " + role,
		"grant connect on database " + db + " to " + role,
		"grant usage on schema public to " + role,
	}
	switch kind {
	case RoleOwner:
		return a.makeOwner(ctx, conn, name)
	case RoleApp:
		statements = append(statements,
			"grant select, insert, update, delete on all tables in schema public to "+role,
			"grant usage, select on all sequences in schema public to "+role,
			future+"grant select, insert, update, delete on tables to "+role,
			future+"grant usage, select on sequences to "+role)
	case RoleReadOnly:
		statements = append(statements,
			"grant select on all tables in schema public to "+role,
			future+"grant select on tables to "+role)
	default:
		return fail(cruddur.KindInvalid, fmt.Sprintf("%q is not a kind of role", kind), nil, "")
	}
	for _, sql := range statements {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return describeRows(ctx, conn, role)
}

// defaultPrivileges returns the beginning of a grant on future tables: those that the database's owner will
// create, if our role may act as the owner (a member may; from PostgreSQL 16 on only a member that inherits),
// otherwise our own.
func defaultPrivileges(ctx context.Context, conn *pgx.Conn) (string, error) {
	var owner string
	err := conn.QueryRow(ctx, `
		select case
			when pg_has_role(session_user, datdba, case when current_setting('server_version_num')::int < 160000 then 'member' else 'usage' end)
			then pg_get_userbyid(datdba) else session_user end::text
		from pg_database where datname = current_database()`).Scan(&owner)
	return "alter default privileges for role " + quote(owner) + " in schema public ", err
}

// describeRows lets a role read the tables that describe the schema, but never write them.
func describeRows(ctx context.Context, conn *pgx.Conn, role string) error {
	tables, err := names(ctx, conn, "select c.oid::regclass::text from pg_class c where c.relnamespace = 'public'::regnamespace and c.relname in ('schema_migrations', 'schema_information')")
	if err != nil {
		return err
	}
	for _, t := range tables {
		if _, err := conn.Exec(ctx, "revoke insert, update, delete on "+t+" from "+role); err != nil {
			return err
		}
	}
	return nil
}

// makeOwner gives a role the database and everything in its schema.
func (a *Admin) makeOwner(ctx context.Context, conn *pgx.Conn, name string) error {
	role := quote(name)
	if err := actAs(ctx, conn, name); err != nil {
		return err
	}
	// The new owner also grants what the previous owner would have granted on future tables.
	future, err := names(ctx, conn, `
		select format('alter default privileges for role %s in schema public grant %s on %s to %I', $1::text, x.privilege_type,
			case d.defaclobjtype when 'S' then 'sequences' else 'tables' end, pg_get_userbyid(x.grantee))
		from pg_default_acl d, aclexplode(d.defaclacl) x
		where d.defaclnamespace = 'public'::regnamespace and d.defaclobjtype in ('r', 'S') and x.grantee <> 0
			and d.defaclrole = (select datdba from pg_database where datname = current_database())`, role)
	if err != nil {
		return err
	}
	for _, sql := range []string{
		"alter database " + quote(a.Database()) + " owner to " + role,
		"alter schema public owner to " + role,
	} {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	list, err := names(ctx, conn, `
		select format('alter %s %s owner to ', case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end, c.oid::regclass)
		from pg_class c
		where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S')
			and not exists (select from pg_depend d where d.objid = c.oid and d.deptype in ('e', 'i', 'a'))
		union all
		select format('alter routine %s owner to ', p.oid::regprocedure) from pg_proc p
		where p.pronamespace = 'public'::regnamespace and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')`)
	if err != nil {
		return err
	}
	for i := range list {
		list[i] += role
	}
	for _, sql := range append(list, future...) {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return err
		}
	}
	return nil
}

// actAs makes our role a member of another role, so that it may give things to it and take them from it; a
// role's creator may do that. From PostgreSQL 16 on its creator is a member from the start who may do
// neither: giving needs the membership's set option, taking its inherit option.
func actAs(ctx context.Context, conn *pgx.Conn, name string) error {
	var grant *string
	err := conn.QueryRow(ctx, `
		select case
			when current_setting('server_version_num')::int < 160000 then
				case when not pg_has_role(session_user, $1::text, 'member') then format('grant %I to session_user', $1::text) end
			when not (pg_has_role(session_user, $1::text, 'set') and pg_has_role(session_user, $1::text, 'usage')) then
				format('grant %I to session_user with inherit true, set true', $1::text)
			end`, name).Scan(&grant)
	if err != nil || grant == nil {
		return err
	}
	_, err = conn.Exec(ctx, *grant)
	return err
}

// RotatePassword gives a role a new password.
func (a *Admin) RotatePassword(ctx context.Context, name, password string) error {
	err := a.InTransaction(ctx, func(conn *pgx.Conn) error {
		if exists, err := roleExists(ctx, conn, name); err != nil || !exists {
			return errors.Join(err, noRole(exists, name))
		}
		return setLogin(ctx, conn, name, password, false)
	})
	return roleError(err, "rotate the password of "+name)
}

// DropRole drops a role; heir gets what it owns in this database.
func (a *Admin) DropRole(ctx context.Context, name, heir string) error {
	err := a.InTransaction(ctx, func(conn *pgx.Conn) error {
		for _, one := range []string{name, heir} {
			if exists, err := roleExists(ctx, conn, one); err != nil || !exists {
				return errors.Join(err, noRole(exists, one))
			}
			if err := actAs(ctx, conn, one); err != nil {
				return err
			}
		}
		for _, sql := range []string{
			"reassign owned by " + quote(name) + " to " + quote(heir),
			"drop owned by " + quote(name), // its grants
			"drop role " + quote(name),
		} {
			if _, err := conn.Exec(ctx, sql); err != nil {
				return err
			}
		}
		return nil
	})
	return roleError(err, "drop role "+name)
}

func roleExists(ctx context.Context, conn *pgx.Conn, name string) (exists bool, err error) {
	err = conn.QueryRow(ctx, "select exists (select from pg_roles where rolname = $1)", name).Scan(&exists)
	return exists, err
}

func noRole(exists bool, name string) error {
	if exists {
		return nil
	}
	return fail(cruddur.KindNotFound, "there is no role "+name, nil, "")
}

func roleError(err error, what string) error {
	pe, ok := errors.AsType[*pgconn.PgError](err)
	if ok && pe.Code == "42501" {
		return fail(cruddur.KindForbidden, "cannot "+what, err, "it needs a role with createrole that owns the database; on RDS the master user")
	}
	return err
}

// NewPassword makes a password of 192 random bits, from characters that need no encoding in a URL.
func NewPassword() string {
	b := make([]byte, 24)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}

// scramSecret returns what the server would store for a password (RFC 5803, PostgreSQL's SCRAM-SHA-256 with
// 4096 rounds). SASLprep leaves printable ASCII as it is; other characters are refused.
func scramSecret(password string) (string, error) {
	for _, r := range password {
		if r < ' ' || r > '~' {
			return "", fail(cruddur.KindInvalid, "the password may contain only printable ASCII characters", nil, "")
		}
	}
	salt := make([]byte, 16)
	rand.Read(salt)
	salted, err := pbkdf2.Key(sha256.New, password, salt, 4096, sha256.Size)
	if err != nil {
		return "", err
	}
	mac := func(text string) []byte {
		h := hmac.New(sha256.New, salted)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	stored := sha256.Sum256(mac("Client Key"))
	encode := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("SCRAM-SHA-256$4096:%s$%s:%s", encode(salt), encode(stored[:]), encode(mac("Server Key"))), nil
}
