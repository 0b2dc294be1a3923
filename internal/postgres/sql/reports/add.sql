-- Adds a report to the open case of a target; a member's second report of it changes nothing. Returns whether there is
-- such a case, and whether the report is new. Called after cases/hold_target.
with opened as (
    select c.uuid
    from cases c
    where c.kind = @kind::text
        and c.target_uuid = @target_uuid::uuid
),

added as (
    insert into reports (uuid, case_uuid, reporter_uuid, reason, words, created_at)
    select
        uuid_v7(@now::timestamptz),
        o.uuid,
        @reporter_uuid::uuid,
        @reason::text,
        @words::text,
        @now
    from opened o
    on conflict (case_uuid, reporter_uuid) do nothing
    returning 1
)

select
    exists (select from opened) as found,
    exists (select from added) as added
