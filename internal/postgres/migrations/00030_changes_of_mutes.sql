-- As 00027_changes, for another table: a migration that locks two may wait in a circle with whoever writes both.
-- +goose Up

-- +goose StatementBegin
create function tell_muted() returns trigger
    language plpgsql
    as $$
    begin
        insert into changes (kind, subject_uuid, object_uuid) values ('muted', new.muter_uuid, new.muted_uuid);
        return null;
    end
    $$;
-- +goose StatementEnd
create trigger tell_muted after insert or update on mutes
    for each row execute function tell_muted();

-- +goose Down
drop trigger tell_muted on mutes;
drop function tell_muted;
