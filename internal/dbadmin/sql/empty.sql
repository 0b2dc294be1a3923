-- Drops the content of the database as far as our role owns it. The schema public stays with its owner, its
-- grants and its default privileges; so does a schema that contains an extension.
do $$
declare
	one text;
	list text[];
	ours constant oid[] := array(
		select n.oid from pg_namespace n
		where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
			and not exists (select from pg_depend d where d.classid = 'pg_namespace'::regclass and d.objid = n.oid and d.deptype = 'e'));
begin
	-- Event triggers first: they could prevent the other drops.
	list := array(
		select format('drop event trigger if exists %I', e.evtname) from pg_event_trigger e
		where pg_has_role(e.evtowner, 'usage')
			and not exists (select from pg_depend d where d.classid = 'pg_event_trigger'::regclass and d.objid = e.oid and d.deptype = 'e'));
	list := list || array(
		select format('drop publication if exists %I', p.pubname) from pg_publication p where pg_has_role(p.pubowner, 'usage'));
	list := list || array(
		select format('drop server if exists %I cascade', s.srvname) from pg_foreign_server s
		where pg_has_role(s.srvowner, 'usage')
			and not exists (select from pg_depend d where d.classid = 'pg_foreign_server'::regclass and d.objid = s.oid and d.deptype = 'e'));
	list := list || array(
		select format('drop foreign data wrapper if exists %I cascade', w.fdwname) from pg_foreign_data_wrapper w
		where pg_has_role(w.fdwowner, 'usage')
			and not exists (select from pg_depend d where d.classid = 'pg_foreign_data_wrapper'::regclass and d.objid = w.oid and d.deptype = 'e'));
	list := list || array( -- 16384 is the first number that is not the server's own
		select format('drop cast if exists (%s as %s) cascade', c.castsource::regtype, c.casttarget::regtype) from pg_cast c
		where c.oid >= 16384 and not exists (select from pg_depend d where d.classid = 'pg_cast'::regclass and d.objid = c.oid and d.deptype = 'e'));
	foreach one in array list loop execute one; end loop;

	list := array(
		select format('drop %s if exists %I.%I cascade',
			case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' when 'f' then 'foreign table' else 'table' end,
			(select nspname from pg_namespace where oid = c.relnamespace), c.relname)
		from pg_class c
		where c.relnamespace = any (ours) and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and not c.relispartition and pg_has_role(c.relowner, 'usage')
			and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.objsubid = 0 and d.deptype in ('e', 'i', 'a')));
	foreach one in array list loop execute one; end loop;

	list := array(
		select format('drop routine if exists %s cascade', p.oid::regprocedure)
		from pg_proc p
		where p.pronamespace = any (ours) and pg_has_role(p.proowner, 'usage')
			and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype in ('e', 'i', 'a')));
	foreach one in array list loop execute one; end loop;

	list := array(
		select format('drop type if exists %I.%I cascade', (select nspname from pg_namespace where oid = t.typnamespace), t.typname)
		from pg_type t left join pg_class c on c.oid = t.typrelid
		where t.typnamespace = any (ours) and (t.typtype in ('d', 'e', 'r') or c.relkind = 'c' or t.typtype = 'b' and t.typelem = 0) and pg_has_role(t.typowner, 'usage')
			and not exists (select from pg_depend d where d.classid = 'pg_type'::regclass and d.objid = t.oid and d.deptype in ('e', 'i')));
	foreach one in array list loop execute one; end loop;

	list := array( -- collations, operators, text search and the like
		select format('drop %s if exists %s cascade', i.type, i.identity)
		from pg_depend d cross join lateral pg_identify_object(d.classid, d.objid, 0) i
		where d.refclassid = 'pg_namespace'::regclass and d.refobjid = any (ours) and d.deptype = 'n' and d.objsubid = 0
			and i.type in ('collation', 'conversion', 'operator class', 'operator family', 'operator',
				'text search configuration', 'text search dictionary', 'text search parser', 'text search template')
			and not exists (select from pg_depend e where e.classid = d.classid and e.objid = d.objid and e.deptype = 'e')
		order by i.type);
	foreach one in array list loop execute one; end loop;

	list := array(
		select format('drop schema %I', n.nspname) from pg_namespace n
		where n.oid = any (ours) and n.nspname <> 'public' and pg_has_role(n.nspowner, 'usage')
			and not exists (select from pg_extension e where e.extnamespace = n.oid));
	foreach one in array list loop
		begin
			execute one;
		exception when dependent_objects_still_exist then null; -- somebody else's are in it
		end;
	end loop;

	perform lo_unlink(l.oid) from pg_largeobject_metadata l where pg_has_role(l.lomowner, 'usage');
end
$$;
