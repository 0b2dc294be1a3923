-- Lists everything in this database that users have made and that has an owner or grants. Read by keep, empty
-- and giveBack, with search_path = pg_catalog, so that every name includes its schema. grants excludes the
-- owner's own rights. part is the column, the kind of object of a default privilege, or a setting.
with schemas as (
	select n.oid, n.nspname, n.nspowner, n.nspacl
	from pg_namespace n
	where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
),
foreigners as ( -- what belongs to an extension
	select classid, objid from pg_depend where deptype = 'e'
),
listed (kind, name, part, owner, acl, bound) as (
	select case c.relkind when 'S' then 'sequence' else 'table' end,
		format('%I.%I', n.nspname, c.relname), '', c.relowner,
		coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner)),
		exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = 0 and d.deptype in ('a', 'i') and d.refclassid = 'pg_class'::regclass)
	from pg_class c join schemas n on n.oid = c.relnamespace
	where c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and not exists (select from foreigners f where f.classid = 'pg_class'::regclass and f.objid = c.oid)
	union all
	select 'column', format('%I.%I', n.nspname, c.relname), quote_ident(a.attname), c.relowner, a.attacl, true
	from pg_attribute a join pg_class c on c.oid = a.attrelid join schemas n on n.oid = c.relnamespace
	where a.attacl is not null and not a.attisdropped and not exists (select from foreigners f where f.classid = 'pg_class'::regclass and f.objid = c.oid)
	union all
	select 'routine', p.oid::regprocedure::text, '', p.proowner, coalesce(p.proacl, acldefault('f', p.proowner)), false
	from pg_proc p join schemas n on n.oid = p.pronamespace
	where not exists (select from foreigners f where f.classid = 'pg_proc'::regclass and f.objid = p.oid)
	union all
	select 'type', format('%I.%I', n.nspname, t.typname), '', t.typowner, coalesce(t.typacl, acldefault('T', t.typowner)), false
	from pg_type t join schemas n on n.oid = t.typnamespace left join pg_class c on c.oid = t.typrelid
	where (t.typtype in ('d', 'e', 'r') or c.relkind = 'c' or t.typtype = 'b' and t.typelem = 0)
		and not exists (select from foreigners f where f.classid = 'pg_type'::regclass and f.objid = t.oid)
	union all
	select 'schema', quote_ident(n.nspname), '', n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner)), false
	from schemas n
	where not exists (select from foreigners f where f.classid = 'pg_namespace'::regclass and f.objid = n.oid)
	union all
	select 'large object', l.oid::text, '', l.lomowner, coalesce(l.lomacl, acldefault('L', l.lomowner)), false
	from pg_largeobject_metadata l
	union all
	select 'database', quote_ident(d.datname), '', d.datdba, coalesce(d.datacl, acldefault('d', d.datdba)), false
	from pg_database d where d.datname = current_database()
	union all
	select 'default', coalesce(quote_ident(n.nspname), ''),
		case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end,
		d.defaclrole, d.defaclacl, false
	from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace
	union all
	select 'setting', coalesce(quote_ident(r.rolname), ''), one, d.datdba, null, false
	from pg_db_role_setting s join pg_database d on d.oid = s.setdatabase and d.datname = current_database()
		left join pg_roles r on r.oid = s.setrole cross join unnest(s.setconfig) one
)
select l.kind, l.name, l.part, pg_get_userbyid(l.owner)::text as owner, l.bound,
	(
		select coalesce(jsonb_agg(jsonb_build_array(g.who, g.privilege_type, g.is_grantable) order by g.who, g.privilege_type, g.is_grantable), '[]')
		from (
			select distinct case x.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end as who, x.privilege_type, x.is_grantable
			from aclexplode(l.acl) x
			where x.grantee <> l.owner
		) g
	) as grants
from listed l
