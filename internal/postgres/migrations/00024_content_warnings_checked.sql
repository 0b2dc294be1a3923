-- +goose Up
alter table activities
    validate constraint activities_content_warning_length_check;

-- +goose Down
