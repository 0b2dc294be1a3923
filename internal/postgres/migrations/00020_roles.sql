-- +goose Up

alter table users
    add column role text not null default 'member'
        constraint users_role_check check (role in ('member', 'moderator', 'operator'));
comment on column users.role is 'What the member may do: moderators look after reports and members, operators after the place as well.';

create table audit_log (
    uuid uuid not null constraint audit_log_pkey primary key,
    actor text not null constraint audit_log_actor_length_check check (char_length(actor) between 1 and 64),
    act text not null constraint audit_log_act_check check (act ~ '^[a-z_]{1,40}$'),
    target text not null constraint audit_log_target_length_check check (char_length(target) <= 300),
    note text not null constraint audit_log_note_length_check check (char_length(note) <= 1000),
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index audit_log_expires_at_idx on audit_log (expires_at);
comment on table audit_log is 'What moderators, operators and the commands of the program did, for a year. It names members by their handles of that time, so it outlives them. No row is ever changed.';

-- +goose StatementBegin
create function audit_log_is_final() returns trigger
    language plpgsql
    as $$
    begin
        raise exception 'a row of audit_log cannot be changed';
    end
    $$;
-- +goose StatementEnd
create trigger audit_log_is_final before update on audit_log
    for each row execute function audit_log_is_final();

-- +goose Down
drop table audit_log;
drop function audit_log_is_final;
alter table users
    drop column role;
