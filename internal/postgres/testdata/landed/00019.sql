-- A row of everything that a place had when 00019_message_notifications was the newest migration. What comes later must
-- take it along. Never change it: add a file for a newer version instead.
insert into users (uuid, handle, display_name, bio, email, cognito_user_id, default_ttl, created_at, updated_at, suspended_at, email_verified, likes_public, language) values
    ('0192f0c1-0000-7000-8000-000000000001', 'ana', 'Ana', 'A bio with #tags', 'ana@example.com', '0192f0c1-0000-7000-8000-0000000000a1', '1 day', '2026-11-01T10:00:00Z', '2026-11-02T10:00:00Z', null, true, true, 'fr'),
    ('0192f0c1-0000-7000-8000-000000000002', 'bram', 'Bram ⠀', '', 'bram@example.com', 'subject-of-another-provider', '7 days', '2026-11-01T11:00:00Z', '2026-11-01T11:00:00Z', '2026-11-20T10:00:00Z', false, false, '');
insert into activities (uuid, user_uuid, message, reply_to_activity_uuid, root_uuid, own_end, hidden, replies_count, reposts_count, likes_count, expires_at, created_at, idempotency_key) values
    ('0192f0c2-0000-7000-8000-000000000001', '0192f0c1-0000-7000-8000-000000000001', 'Alive until the end of the year #café', null, null, false, 0, 2, 1, 1, '2026-12-20T10:00:00Z', '2026-11-25T10:00:00Z', 'form.text'),
    ('0192f0c2-0000-7000-8000-000000000002', '0192f0c1-0000-7000-8000-000000000002', 'A reply', '0192f0c2-0000-7000-8000-000000000001', '0192f0c2-0000-7000-8000-000000000001', true, 1, 1, 0, 0, '2026-12-20T10:00:00Z', '2026-11-25T11:00:00Z', null),
    ('0192f0c2-0000-7000-8000-000000000004', '0192f0c1-0000-7000-8000-000000000001', 'A reply to a reply', '0192f0c2-0000-7000-8000-000000000002', '0192f0c2-0000-7000-8000-000000000001', false, 1, 0, 0, 0, '2026-12-20T10:00:00Z', '2026-11-25T12:00:00Z', null),
    ('0192f0c2-0000-7000-8000-000000000003', '0192f0c1-0000-7000-8000-000000000002', 'Gone', null, null, false, 1, 0, 0, 0, '2026-11-20T12:00:00Z', '2026-11-20T11:00:00Z', null);
insert into likes (uuid, activity_uuid, user_uuid) values
    ('0192f0c6-0000-7000-8000-000000000001', '0192f0c2-0000-7000-8000-000000000001', '0192f0c1-0000-7000-8000-000000000001'),
    ('0192f0c6-0000-7000-8000-000000000002', '0192f0c2-0000-7000-8000-000000000001', '0192f0c1-0000-7000-8000-000000000002');
insert into reposts (uuid, activity_uuid, user_uuid) values
    ('0192f0c7-0000-7000-8000-000000000001', '0192f0c2-0000-7000-8000-000000000001', '0192f0c1-0000-7000-8000-000000000001');
insert into follows (uuid, follower_uuid, followed_uuid) values
    ('0192f0c8-0000-7000-8000-000000000001', '0192f0c1-0000-7000-8000-000000000001', '0192f0c1-0000-7000-8000-000000000002');
insert into activity_tags (tag, activity_uuid) values ('café', '0192f0c2-0000-7000-8000-000000000001');
insert into activity_search (activity_uuid, words) values
    ('0192f0c2-0000-7000-8000-000000000001', '''#cafe'':8 ''alive'':1 ''until'':2');
insert into user_search (user_uuid, display_name, words) values ('0192f0c1-0000-7000-8000-000000000001', 'Ana', '''ana'':1');
insert into blocks (uuid, blocker_uuid, blocked_uuid) values ('0192f0d1-0000-7000-8000-000000000001', '0192f0c1-0000-7000-8000-000000000002', '0192f0c1-0000-7000-8000-000000000001');
insert into mutes (uuid, muter_uuid, muted_uuid, ends_at) values
    ('0192f0d2-0000-7000-8000-000000000001', '0192f0c1-0000-7000-8000-000000000001', '0192f0c1-0000-7000-8000-000000000002', null), ('0192f0d2-0000-7000-8000-000000000002', '0192f0c1-0000-7000-8000-000000000002', '0192f0c1-0000-7000-8000-000000000001', '2026-12-01T10:00:00Z');
insert into notifications (uuid, user_uuid, kind, activity_uuid, expires_at) values
    ('0192f0c6-0000-7000-8000-000000000002', '0192f0c1-0000-7000-8000-000000000001', 'like', '0192f0c2-0000-7000-8000-000000000001', null),
    ('0192f0c8-0000-7000-8000-000000000001', '0192f0c1-0000-7000-8000-000000000002', 'follow', null, '2026-12-20T00:00:00Z');
insert into notification_marks (user_uuid, seen) values ('0192f0c1-0000-7000-8000-000000000001', '0192f0c6-0000-7000-8000-000000000001');
insert into conversations (uuid, first_uuid, second_uuid, timer, timer_changed_by, timer_changed_at, first_accepted, second_accepted, first_read_uuid, unanswered, last_uuid, last_at, created_at, expires_at) values
    ('0192f0d3-0000-7000-8000-000000000001', '0192f0c1-0000-7000-8000-000000000001', '0192f0c1-0000-7000-8000-000000000002', '3 days', '0192f0c1-0000-7000-8000-000000000002', '2026-11-24T10:00:00Z', true, false, '0192f0d4-0000-7000-8000-000000000001', 1,
     '0192f0d4-0000-7000-8000-000000000001', '2026-11-25T10:00:00Z', '2026-11-24T10:00:00Z', '2026-12-28T10:00:00Z');
insert into messages (uuid, conversation_uuid, user_uuid, message, idempotency_key, created_at, expires_at) values
    ('0192f0d4-0000-7000-8000-000000000001', '0192f0d3-0000-7000-8000-000000000001', '0192f0c1-0000-7000-8000-000000000001', 'A private word ⠀', 'key', '2026-11-25T10:00:00Z', '2026-11-28T10:00:00Z');
insert into pictures (uuid, user_uuid, kind, activity_uuid, position, used, alt, width, height, color, extension, bytes, content_hash, created_at) values
    ('0192f0d5-0000-7000-8000-000000000001', '0192f0c1-0000-7000-8000-000000000001', 'crud', '0192f0c2-0000-7000-8000-000000000001', 0, true, 'A field', 1200, 800, '#aabbcc', 'jpg', 3, sha256('crud'), '2026-11-25T10:00:00Z'),
    ('0192f0d5-0000-7000-8000-000000000002', '0192f0c1-0000-7000-8000-000000000001', 'avatar', null, 0, true, '', 400, 400, '#aabbcc', 'png', 3, sha256('avatar'), '2026-11-25T10:00:00Z');
update activities set pictures_count = 1 where uuid = '0192f0c2-0000-7000-8000-000000000001';
update users set avatar_uuid = '0192f0d5-0000-7000-8000-000000000002' where uuid = '0192f0c1-0000-7000-8000-000000000001';
insert into picture_bytes (picture_uuid, size, bytes) values ('0192f0d5-0000-7000-8000-000000000001', 'large', '\x010203'), ('0192f0d5-0000-7000-8000-000000000001', 'small', '\x01');
insert into picture_objects (name, picture_uuid) values ('0192f0d5-0000-7000-8000-000000000002/large.png', '0192f0d5-0000-7000-8000-000000000002'), ('gone/large.png', null);
insert into upload_tickets (ticket_hash, user_uuid, expires_at) values (sha256('ticket'), '0192f0c1-0000-7000-8000-000000000001', '2026-11-26T11:00:00Z');
insert into accounts (uuid, email, password_hash, password_changed_at, created_at) values
    ('0192f0c1-0000-7000-8000-0000000000a1', 'ana@example.com', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA', '2026-11-01T10:00:00Z', '2026-11-01T10:00:00Z');
insert into sessions (uuid, user_uuid, token_hash, user_agent, address, last_used_at, created_at) values
    ('0192f0c3-0000-7000-8000-000000000001', '0192f0c1-0000-7000-8000-000000000001', sha256('session'), 'Firefox', '192.0.2.1', '2026-11-25T10:00:00Z', '2026-11-20T10:00:00Z');
insert into sign_in_attempts (address_hash, failures, quiet_since, locked_until) values (sha256('address'), 3, '2026-11-25T10:00:00Z', null);
insert into sign_ups (uuid, email, display_name, handle, password_hash, taken, code_hash, code_expires_at, tries, expires_at, created_at, browser_hash) values
    ('0192f0c4-0000-7000-8000-000000000001', 'cem@example.com', 'Cem', 'cem', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA', false, sha256('code'), '2026-11-26T11:00:00Z', 1, '2026-11-27T10:00:00Z', '2026-11-26T10:00:00Z', sha256('browser'));
insert into recoveries (address_hash, account_uuid, code_hash, tries, expires_at, created_at) values
    (sha256('address'), '0192f0c1-0000-7000-8000-0000000000a1', sha256('code'), 0, '2026-11-26T11:00:00Z', '2026-11-26T10:00:00Z');
insert into token_families (uuid, account_uuid, last_used_at, expires_at, created_at) values
    ('0192f0c5-0000-7000-8000-000000000001', '0192f0c1-0000-7000-8000-0000000000a1', '2026-11-25T10:00:00Z', '2027-02-25T10:00:00Z', '2026-11-25T10:00:00Z');
insert into refresh_tokens (token_hash, family_uuid, used_at, created_at) values (sha256('token'), '0192f0c5-0000-7000-8000-000000000001', null, '2026-11-25T10:00:00Z');
insert into signing_keys (kid, private_key, created_at) values ('key-1', '\x00', '2026-11-01T10:00:00Z');
insert into token_cutoffs (key, ended_at, expires_at) values ('subject-of-another-provider', '2026-11-20T10:00:00Z', '2026-11-21T10:00:00Z');
insert into schema_information (environment, protected, marked_at, marked_by) values ('production', true, '2026-11-01T10:00:00Z', 'master');
insert into issuers (issuer, named_at, ended_at) values
    ('https://old.example.com', '2026-11-01T10:00:00Z', '2026-11-10T10:00:00Z'),
    ('https://cruddur.example.com', '2026-11-10T10:00:00Z', null);
