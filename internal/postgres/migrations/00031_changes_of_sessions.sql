-- As 00027_changes, for another table: a migration that locks two may wait in a circle with whoever writes both.
-- +goose Up

-- +goose StatementBegin
create function tell_ended_session() returns trigger
    language plpgsql
    as $$
    begin
        insert into changes (kind, subject_uuid) values ('access', old.user_uuid);
        return null;
    end
    $$;
-- +goose StatementEnd
create trigger tell_ended after delete on sessions
    for each row when (not session_ended(old.last_used_at, old.created_at, now()))
    execute function tell_ended_session();

-- +goose Down
drop trigger tell_ended on sessions;
drop function tell_ended_session;
