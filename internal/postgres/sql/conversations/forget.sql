-- Deletes the conversation of two members if it has ended and is not swept yet: they begin another one. Called
-- before conversations/begin; carried by conversations_members_key.
delete from conversations c
where c.first_uuid = least(@user_uuid::uuid, @other_uuid::uuid)
    and c.second_uuid = greatest(@user_uuid, @other_uuid)
    and c.expires_at <= @now::timestamptz
