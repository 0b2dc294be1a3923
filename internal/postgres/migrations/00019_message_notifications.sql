-- +goose Up

-- +goose StatementBegin
create function told_conversations(viewer_uuid uuid, now timestamptz)
    returns table (uuid uuid, other_uuid uuid, read_uuid uuid, last_uuid uuid, newest_uuid uuid)
    language sql stable parallel safe
    as $$
        select c.uuid, c.other_uuid, c.read_uuid, c.last_uuid, m.uuid
        from live_conversations(told_conversations.viewer_uuid, told_conversations.now) c
        cross join lateral (
            select m.uuid
            from messages m
            where m.conversation_uuid = c.uuid
                and m.user_uuid <> told_conversations.viewer_uuid
                and m.expires_at > told_conversations.now
            order by m.uuid desc
            limit 1
        ) m
        where not c.request
            and not c.muted
    $$;
-- +goose StatementEnd
comment on function told_conversations is
    'The visibility rule of notifications that tell of private messages, one for each conversation: those of live_conversations in which something by the other member is alive, with the newest of it. No requests, and nothing of muted members. Nothing is stored for them. last_uuid is the place in the indexes of conversations, newest_uuid or greater. The planner inlines it.';

-- +goose Down
drop function told_conversations;
