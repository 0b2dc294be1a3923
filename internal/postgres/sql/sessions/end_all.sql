-- Ends a member's sessions, except one; no session has the nil UUID.
delete from sessions
where user_uuid = @user_uuid::uuid
    and uuid <> @except::uuid
