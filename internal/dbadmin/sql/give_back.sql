-- Restores owners, grants, default privileges and settings from cruddur.kept, for everything that exists
-- again under its name. What is already right is not touched: it may belong to another role.
do $$
declare
	it record;
	who text;
	g jsonb;
	target text;
	-- A list of names is stored in SQL syntax; any other value is plain text.
	lists constant text[] := array['search_path', 'local_preload_libraries', 'session_preload_libraries', 'temp_tablespaces', 'createrole_self_grant'];
begin
	for it in
		select k.kind, k.name, k.part, k.owner, k.grants, now.owner as now_owner, now.grants as now_grants, coalesce(now.bound, false) as bound
		from jsonb_to_recordset(current_setting('cruddur.kept')::jsonb) as k (kind text, name text, part text, owner text, grants jsonb)
			left join (/* things */) now on now.kind = k.kind and now.name = k.name and now.part = k.part
				and (k.kind <> 'default' or now.owner = k.owner)
		where k.kind in ('default', 'setting') and now.kind is null or now.owner <> k.owner or now.grants <> k.grants
			or k.kind = 'column' and now.kind is null and to_regclass(k.name) is not null
		-- A revoke from a table also removes the grants on its columns.
		order by case k.kind when 'database' then 0 when 'schema' then 1 when 'column' then 9 else 2 end, k.kind, k.name, k.part
	loop
		target := it.kind || ' ' || it.name;
		if it.kind = 'setting' then
			execute format('alter %s set %I = %s',
				case it.name when '' then format('database %I', current_database()) else format('role %s in database %I', it.name, current_database()) end,
				split_part(it.part, '=', 1),
				case when split_part(it.part, '=', 1) = any (lists) then coalesce(nullif(substr(it.part, strpos(it.part, '=') + 1), ''), '''''')
					else quote_literal(substr(it.part, strpos(it.part, '=') + 1)) end);
			continue;
		elsif it.kind = 'default' then
			target := format('alter default privileges for role %I', it.owner) || case it.name when '' then '' else ' in schema ' || it.name end;
			if it.name = '' and it.part in ('functions', 'types') then
				execute format('%s revoke all on %s from public', target, it.part);
			end if;
			for g in select jsonb_array_elements(it.grants) loop
				execute format('%s grant %s on %s to %s %s', target, g ->> 1, it.part, g ->> 0, case when (g ->> 2)::boolean then 'with grant option' else '' end);
			end loop;
			continue;
		elsif it.kind = 'column' then
			if not exists (select from pg_attribute where attrelid = to_regclass(it.name) and quote_ident(attname) = it.part and not attisdropped) then
				continue;
			end if;
			target := 'table ' || it.name;
		elsif it.now_owner <> it.owner and not it.bound then
			execute format('alter %s owner to %I', target, it.owner);
		end if;
		-- Grants that the new object's creator makes by default were not granted before, so they are removed.
		for who in select distinct x ->> 0 from jsonb_array_elements(it.now_grants) x where x ->> 0 <> quote_ident(it.owner) loop
			execute format('revoke all %s on %s from %s', case it.kind when 'column' then '(' || it.part || ')' else '' end, target, who);
		end loop;
		for g in select jsonb_array_elements(it.grants) loop
			execute format('grant %s %s on %s to %s %s', g ->> 1, case it.kind when 'column' then '(' || it.part || ')' else '' end, target, g ->> 0,
				case when (g ->> 2)::boolean then 'with grant option' else '' end);
		end loop;
	end loop;
end
$$;
