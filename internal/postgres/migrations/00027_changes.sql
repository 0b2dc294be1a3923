-- +goose Up

create table changes (
    tx xid8 not null default pg_current_xact_id(),
    id bigint not null generated always as identity,
    kind text not null
        constraint changes_kind_check check (kind in (
            'gone', 'counts', 'hidden', 'silenced', 'deleted', 'parted', 'muted', 'access', 'told', 'message', 'place'
        )),
    subject_uuid uuid,
    object_uuid uuid,
    handle text
        constraint changes_handle_length_check check (char_length(handle) between 2 and 30),
    members uuid[] not null default '{}'
        constraint changes_members_length_check check (coalesce(array_length(members, 1), 0) <= 1000000),
    at timestamptz not null default clock_timestamp(),
    constraint changes_pkey primary key (tx, id)
);
create index changes_at_idx on changes (at);
comment on table changes is 'What open pages and streams must be told, for all servers of this database. It holds no words. A row is written in the transaction of the change, and ends after a minute.';
comment on column changes.tx is 'The transaction that wrote the row. Readers go by it and not by id, because transactions are not committed in the order of their ids.';
comment on column changes.kind is 'gone: an activity was deleted; counts: its numbers or its end have changed; hidden, silenced, deleted: a member was; parted: one member blocks another; muted: one mutes another; access: a session or tokens of a member have ended; told: what a member has not read has changed; message: so have the private messages of two; place: who may read has.';
comment on column changes.subject_uuid is 'The activity, or the member. Null: nobody in particular.';
comment on column changes.object_uuid is 'The other member.';
comment on column changes.handle is 'The handle of a member who was deleted.';
comment on column changes.members is 'gone: who wrote the activity and what it hung on; who does not see one of them is not told. deleted: who was blocked or blocked, and is not told.';

-- Tells that an activity is gone, and what hangs on it and lives.
-- +goose StatementBegin
create function tell_gone(top uuid) returns void
    language plpgsql
    as $$
    begin
        insert into changes (kind, subject_uuid, members)
        with recursive above as (
            select a.user_uuid, a.reply_to_activity_uuid
            from activities a
            where a.uuid = tell_gone.top
            union all
            select p.user_uuid, p.reply_to_activity_uuid
            from above u
            join activities p on p.uuid = u.reply_to_activity_uuid
        ),

        whole (uuid, members) as (
            select tell_gone.top, array(select distinct u.user_uuid from above u)
            union all
            select r.uuid, case when r.user_uuid = any(w.members) then w.members else w.members || r.user_uuid end
            from whole w
            join activities r on r.reply_to_activity_uuid = w.uuid
            where r.expires_at > now()
                and r.hidden = 0
        )

        select 'gone', w.uuid, w.members
        from whole w;
    end
    $$;
-- +goose StatementEnd
comment on function tell_gone(uuid) is 'Tells the readers of changes that an activity is gone, with what hangs on it and lives.';

-- The sweeper deletes only what has ended, so it does not call this. If the author or what the activity hangs on is
-- gone already, that was told, and stands for this too.
-- +goose StatementBegin
create function tell_deleted_activity() returns trigger
    language plpgsql
    as $$
    begin
        if exists (select from users u where u.uuid = old.user_uuid)
            and (old.reply_to_activity_uuid is null or exists (select from activities p where p.uuid = old.reply_to_activity_uuid))
        then
            perform tell_gone(old.uuid);
        end if;
        return old;
    end
    $$;
-- +goose StatementEnd
create trigger tell_deleted before delete on activities
    for each row when (old.hidden = 0 and old.expires_at > now())
    execute function tell_deleted_activity();

-- +goose StatementBegin
create function tell_moved_end() returns trigger
    language plpgsql
    as $$
    begin
        if new.expires_at > now() then
            insert into changes (kind, subject_uuid) values ('counts', new.uuid);
        else
            perform tell_gone(new.uuid);
        end if;
        return null;
    end
    $$;
-- +goose StatementEnd
create trigger tell_moved_end after update of expires_at on activities
    for each row when (new.hidden = 0 and old.expires_at <> new.expires_at and old.expires_at > now())
    execute function tell_moved_end();

-- +goose Down
drop trigger tell_moved_end on activities;
drop trigger tell_deleted on activities;
drop function tell_moved_end;
drop function tell_deleted_activity;
drop function tell_gone;
drop table changes;
