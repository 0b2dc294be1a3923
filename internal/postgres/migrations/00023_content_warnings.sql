-- +goose Up

-- The check is valid for every row, because all of them have null; the next migration tells the database so,
-- without keeping readers waiting.
alter table activities
    add column content_warning text,
    add constraint activities_content_warning_length_check
        check (char_length(content_warning) between 1 and 100) not valid;
comment on column activities.content_warning is 'What a page shows instead of the text and the pictures until its reader wants to see them; null: nothing is hidden.';

create function displayed_activities(now timestamptz) returns table (
        uuid uuid,
        user_uuid uuid,
        handle text,
        display_name text,
        message text,
        reply_to_activity_uuid uuid,
        root_uuid uuid,
        replies_count integer,
        reposts_count integer,
        likes_count integer,
        created_at timestamptz,
        expires_at timestamptz,
        pictures_count smallint,
        avatar_uuid uuid,
        content_warning text,
        silenced boolean
    )
    language sql stable parallel safe
    as $$
        select
            a.uuid, a.user_uuid, u.handle, u.display_name, a.message, a.reply_to_activity_uuid,
            a.root_uuid,
            case
                when a.replies_count > 0 then (
                    select count(*)
                    from live_activities(displayed_activities.now) r
                    where r.reply_to_activity_uuid = a.uuid
                )::integer
                else 0
            end,
            a.reposts_count, a.likes_count,
            a.created_at, a.expires_at,
            a.pictures_count, u.avatar_uuid, a.content_warning, u.silenced_at is not null
        from live_activities(displayed_activities.now) a
        join users u on u.uuid = a.user_uuid
    $$;
comment on function displayed_activities is
    'The live activities as pages and API show them: the one list of their columns. The planner inlines it. A statement that needs another column gets a function of another name, so that servers of the version before still find this one. (The version before calls presented_activities.)';

-- +goose Down
drop function displayed_activities;
alter table activities
    drop column content_warning;
