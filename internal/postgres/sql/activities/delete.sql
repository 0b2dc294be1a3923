-- Deletes a member's own activity, if it is visible, and what hangs on it, by foreign keys. No row if it is
-- not visible or not theirs. Called after activities/hold and activities/hold_whole.
delete from activities d
where d.uuid = @uuid::uuid
    and d.user_uuid = @user_uuid::uuid
    and d.expires_at > @now::timestamptz
    and d.hidden = 0
returning d.reply_to_activity_uuid
