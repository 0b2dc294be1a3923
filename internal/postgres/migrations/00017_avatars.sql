-- +goose Up

alter table users
    add column avatar_uuid uuid
        constraint users_avatar_uuid_fkey references pictures (uuid) on delete set null,
    add column banner_uuid uuid
        constraint users_banner_uuid_fkey references pictures (uuid) on delete set null;
create index users_avatar_idx on users (avatar_uuid) where avatar_uuid is not null;
create index users_banner_idx on users (banner_uuid) where banner_uuid is not null;
comment on column users.avatar_uuid is 'The picture that stands for the member; null: the first letter of the name does.';
comment on column users.banner_uuid is 'The picture at the head of the profile, or null.';

create function live_pictures(now timestamptz) returns setof pictures
    language sql stable parallel safe
    as $$
        select p.*
        from pictures p
        where p.used
            and case
                when p.kind = 'crud' then exists (
                    select
                    from live_activities(live_pictures.now) a
                    where a.uuid = p.activity_uuid
                )
                else exists (
                    select
                    from users u
                    where u.uuid = p.user_uuid
                        and u.suspended_at is null
                        and p.uuid in (u.avatar_uuid, u.banner_uuid)
                )
            end
    $$;
comment on function live_pictures is
    'The pictures that anybody may see at the given instant: those of live activities, and the avatars and banners of members who are not suspended. Every reading statement uses it; the planner inlines it.';

create function presented_activities(now timestamptz) returns table (
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
        avatar_uuid uuid
    )
    language sql stable parallel safe
    as $$
        select
            a.uuid, a.user_uuid, u.handle, u.display_name, a.message, a.reply_to_activity_uuid,
            a.root_uuid,
            case
                when a.replies_count > 0 then (
                    select count(*)
                    from live_activities(presented_activities.now) r
                    where r.reply_to_activity_uuid = a.uuid
                )::integer
                else 0
            end,
            a.reposts_count, a.likes_count,
            a.created_at, a.expires_at,
            a.pictures_count, u.avatar_uuid
        from live_activities(presented_activities.now) a
        join users u on u.uuid = a.user_uuid
    $$;
comment on function presented_activities is
    'The live activities as pages and API show them: the one list of their columns. The planner inlines it. A statement that needs another column gets a function of another name, so that servers of the version before still find this one. (The version before calls shown_activities.)';

-- +goose Down
drop function presented_activities;
drop function live_pictures;
alter table users
    drop column banner_uuid,
    drop column avatar_uuid;
