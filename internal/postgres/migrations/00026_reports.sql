-- +goose Up

create table cases (
    uuid uuid not null
        constraint cases_pkey primary key,
    kind text not null
        constraint cases_kind_check check (kind in ('activity', 'message', 'member')),
    target_uuid uuid not null,
    member_uuid uuid
        constraint cases_member_uuid_fkey references users (uuid) on delete set null,
    handle text not null
        constraint cases_handle_length_check check (char_length(handle) between 2 and 30),
    opened_at timestamptz not null,
    expires_at timestamptz not null,
    constraint cases_kind_target_uuid_key unique (kind, target_uuid),
    constraint cases_life_check check (expires_at > opened_at and expires_at <= opened_at + interval '720 hours')
);
create index cases_member_idx on cases (member_uuid);
create index cases_expires_at_idx on cases (expires_at);
comment on table cases is 'What members have reported and no moderator has closed yet; all reports of one thing are one case. Closing a case deletes it with all that hangs on it. Read through live_cases alone.';
comment on column cases.target_uuid is 'What is reported. No foreign key: the case outlives it.';
comment on column cases.member_uuid is 'Whom the case is about; null: the account is deleted.';
comment on column cases.handle is 'The handle of that member when the case was opened.';
comment on column cases.expires_at is 'Thirty days after it was opened; then it goes even if no moderator has looked at it.';

create table case_evidence (
    case_uuid uuid not null
        constraint case_evidence_pkey primary key
        constraint case_evidence_case_uuid_fkey references cases (uuid) on delete cascade,
    display_name text not null
        constraint case_evidence_display_name_length_check check (char_length(display_name) <= 50),
    message text not null
        constraint case_evidence_message_length_check check (char_length(message) <= 1024),
    content_warning text
        constraint case_evidence_content_warning_length_check check (char_length(content_warning) between 1 and 100),
    written_at timestamptz not null,
    ends_at timestamptz
);
comment on table case_evidence is 'The copy of what was reported, as it was then. It is the one thing here that outlives what a member wrote: somebody who deletes it, or their account, must not get rid of a report by that. It goes with its case, thirty days after the report at the latest.';
comment on column case_evidence.message is 'The text of a crud, reply or private message; of a member, what they say about themselves.';
comment on column case_evidence.ends_at is 'When the original ends; null: a member has no end.';

create table case_pictures (
    case_uuid uuid not null
        constraint case_pictures_case_uuid_fkey references case_evidence (case_uuid) on delete cascade,
    position smallint not null
        constraint case_pictures_position_check check (position between 0 and 3),
    alt text not null
        constraint case_pictures_alt_length_check check (char_length(alt) <= 1500),
    width integer not null
        constraint case_pictures_width_check check (width between 1 and 1200),
    height integer not null
        constraint case_pictures_height_check check (height between 1 and 1200),
    extension text not null
        constraint case_pictures_extension_check check (extension in ('jpg', 'png')),
    bytes bytea
        constraint case_pictures_bytes_length_check check (octet_length(bytes) between 1 and 2097152),
    constraint case_pictures_pkey primary key (case_uuid, position)
);
-- They are compressed already.
alter table case_pictures alter column bytes set storage external;
comment on table case_pictures is 'The pictures of what was reported, in the small size. They are in this database wherever the pictures themselves are, so that they go with their case.';
comment on column case_pictures.bytes is 'Null: the picture could not be read when the case was opened.';

create table reports (
    uuid uuid not null
        constraint reports_pkey primary key,
    case_uuid uuid not null
        constraint reports_case_uuid_fkey references cases (uuid) on delete cascade,
    reporter_uuid uuid not null
        constraint reports_reporter_uuid_fkey references users (uuid) on delete cascade,
    reason text not null
        constraint reports_reason_check check (reason in ('spam', 'abuse', 'illegal', 'other')),
    words text not null
        constraint reports_words_length_check check (char_length(words) <= 1000),
    created_at timestamptz not null,
    constraint reports_case_uuid_reporter_uuid_key unique (case_uuid, reporter_uuid)
);
create index reports_reporter_idx on reports (reporter_uuid, uuid desc);
comment on table reports is 'Who has reported what, why, and in which words. A report goes with its case, and with its reporter.';

create index audit_log_target_idx on audit_log (split_part(target, ' ', 1), uuid desc);

create function may_moderate(moderator_uuid uuid, member_uuid uuid) returns boolean
    language sql stable parallel safe
    as $$
        select may_moderate.moderator_uuid is null or exists (
            select
            from users a
            left join users m on m.uuid = may_moderate.member_uuid
            where a.uuid = may_moderate.moderator_uuid
                and a.suspended_at is null
                and a.uuid is distinct from may_moderate.member_uuid
                and (a.role = 'operator' or a.role = 'moderator' and coalesce(m.role, 'member') = 'member')
        )
    $$;
comment on function may_moderate is
    'Whether somebody may act on a member and handle cases about them: cruddur.Moderator.May says the same. A null moderator is whoever runs the commands of the program; a null member is one whose account is deleted.';

create function live_cases(moderator_uuid uuid, now timestamptz) returns setof cases
    language sql stable parallel safe
    as $$
        select c.*
        from cases c
        where c.expires_at > live_cases.now
            and may_moderate(live_cases.moderator_uuid, c.member_uuid)
    $$;
comment on function live_cases is
    'The cases that somebody may see and handle at the given instant: the rule in its one place. Every statement that reads a case, its reports or its evidence uses it.';

-- +goose Down
drop function live_cases;
drop function may_moderate;
drop index audit_log_target_idx;
drop table reports;
drop table case_pictures;
drop table case_evidence;
drop table cases;
