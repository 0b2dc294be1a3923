-- Records a family's use and sets its end: 30 days after the last use, 90 days after it began.
update token_families
set last_used_at = @now::timestamptz,
    expires_at = least(@now + interval '30 days', created_at + interval '90 days')
where uuid = @uuid::uuid
returning expires_at
