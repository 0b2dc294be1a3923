-- As 00027_changes, for another table: a migration that locks two may wait in a circle with whoever writes both.
-- +goose Up

-- Only that somebody is left out from now on is told: whom a member sees is read anew with each change.
-- +goose StatementBegin
create function tell_blocked() returns trigger
    language plpgsql
    as $$
    begin
        insert into changes (kind, subject_uuid, object_uuid) values ('parted', new.blocker_uuid, new.blocked_uuid);
        return null;
    end
    $$;
-- +goose StatementEnd
create trigger tell_blocked after insert on blocks
    for each row execute function tell_blocked();

-- +goose Down
drop trigger tell_blocked on blocks;
drop function tell_blocked;
