-- As 00027_changes, for another table: a migration that locks two may wait in a circle with whoever writes both.
-- +goose Up

-- +goose StatementBegin
create function tell_place() returns trigger
    language plpgsql
    as $$
    begin
        insert into changes (kind) values ('place');
        return null;
    end
    $$;
-- +goose StatementEnd
create trigger tell_place after update of reading on place
    for each row when (old.reading <> new.reading)
    execute function tell_place();

-- +goose Down
drop trigger tell_place on place;
drop function tell_place;
