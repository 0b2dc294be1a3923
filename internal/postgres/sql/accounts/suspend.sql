-- Suspends a member, or lifts it where @suspended_at is null. A member who is suspended already stays
-- so since then.
update users
set suspended_at = case when @suspended_at::timestamptz is not null then coalesce(suspended_at, @suspended_at) end
where uuid = @uuid::uuid
returning uuid
