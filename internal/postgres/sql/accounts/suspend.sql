-- Suspends a member, or ends the suspension if @suspended_at is null. A member who is suspended already keeps
-- the earlier time.
update users
set suspended_at = case when @suspended_at::timestamptz is not null then coalesce(suspended_at, @suspended_at) end
where uuid = @uuid::uuid
returning uuid
