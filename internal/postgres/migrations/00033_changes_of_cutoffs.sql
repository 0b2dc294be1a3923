-- As 00027_changes, for another table: a migration that locks two may wait in a circle with whoever writes both.
-- +goose Up

-- A family of Amazon Cognito's tokens does not say whose it is: all programs prove again who they are.
-- +goose StatementBegin
create function tell_cut_off() returns trigger
    language plpgsql
    as $$
    begin
        insert into changes (kind, subject_uuid)
        select 'access', u.uuid
        from (select 1) always
        left join users u on u.cognito_user_id = new.key
        where u.uuid is not null
            or new.key like 'family %';
        return null;
    end
    $$;
-- +goose StatementEnd
create trigger tell_cut_off after insert or update on token_cutoffs
    for each row execute function tell_cut_off();

-- +goose Down
drop trigger tell_cut_off on token_cutoffs;
drop function tell_cut_off;
