-- Deletes an activity that has not ended, hidden or not, and what hangs on it, by foreign keys. No row if it has
-- gone meanwhile. Called for a moderator after activities/hold and activities/hold_whole.
delete from activities d
where d.uuid = @uuid::uuid
    and d.expires_at > @now::timestamptz
returning d.reply_to_activity_uuid
