-- Ends a member's sessions, except one; the nil UUID is nobody's.
delete from sessions
where user_uuid = @user_uuid::uuid
    and uuid <> @except::uuid
