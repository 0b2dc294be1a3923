-- Stores content under a name, in place of what was there.
insert into certificates (name, content, updated_at)
values (@name::text, @content::bytea, @now::timestamptz)
on conflict (name) do update set
    content = excluded.content,
    updated_at = excluded.updated_at
