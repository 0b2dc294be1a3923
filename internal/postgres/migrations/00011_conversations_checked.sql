-- +goose Up

-- What takes long on a large table, and may be done while others read.
create index activities_replies_idx on activities (reply_to_activity_uuid, uuid) include (expires_at, hidden)
    where reply_to_activity_uuid is not null;
create index activities_thread_idx on activities (root_uuid, uuid) include (expires_at, hidden) where root_uuid is not null;
alter table activities
    validate constraint activities_root_uuid_check,
    validate constraint activities_message_length_check,
    validate constraint activities_reply_length_check;
drop index activities_reply_to_activity_uuid_idx;

-- +goose Down
create index activities_reply_to_activity_uuid_idx on activities (reply_to_activity_uuid) where reply_to_activity_uuid is not null;
drop index activities_thread_idx;
drop index activities_replies_idx;
