-- As 00027_changes, for another table: a migration that locks two may wait in a circle with whoever writes both.
-- +goose Up

-- +goose StatementBegin
create function tell_ended_tokens() returns trigger
    language plpgsql
    as $$
    begin
        insert into changes (kind, subject_uuid)
        select 'access', u.uuid
        from users u
        where u.cognito_user_id = old.account_uuid::text;
        return null;
    end
    $$;
-- +goose StatementEnd
create trigger tell_ended after delete on token_families
    for each row when (old.expires_at > now())
    execute function tell_ended_tokens();

-- +goose Down
drop trigger tell_ended on token_families;
drop function tell_ended_tokens;
