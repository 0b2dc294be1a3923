-- As 00027_changes, for another table: a migration that locks two may wait in a circle with whoever writes both.
-- +goose Up

-- +goose StatementBegin
create function tell_member() returns trigger
    language plpgsql
    as $$
    begin
        if new.suspended_at is not null and old.suspended_at is null then
            insert into changes (kind, subject_uuid) values ('hidden', new.uuid);
        end if;
        if new.silenced_at is not null and old.silenced_at is null then
            insert into changes (kind, subject_uuid) values ('silenced', new.uuid);
        end if;
        return null;
    end
    $$;
-- +goose StatementEnd
create trigger tell_member after update of suspended_at, silenced_at on users
    for each row when (old.suspended_at is distinct from new.suspended_at or old.silenced_at is distinct from new.silenced_at)
    execute function tell_member();

-- Before the deletion, while it is known who must not be told.
-- +goose StatementBegin
create function tell_deleted_member() returns trigger
    language plpgsql
    as $$
    begin
        insert into changes (kind, subject_uuid, handle, members)
        values ('deleted', old.uuid, old.handle, array(
            select b.blocked_uuid from blocks b where b.blocker_uuid = old.uuid
            union
            select b.blocker_uuid from blocks b where b.blocked_uuid = old.uuid
        ));
        return old;
    end
    $$;
-- +goose StatementEnd
create trigger tell_deleted before delete on users
    for each row execute function tell_deleted_member();

-- +goose Down
drop trigger tell_deleted on users;
drop trigger tell_member on users;
drop function tell_deleted_member;
drop function tell_member;
