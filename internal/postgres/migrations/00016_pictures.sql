-- +goose Up

-- The foreign keys below need both, and who deletes a member locks users first and activities second.
lock table users in share row exclusive mode;

create table pictures (
    uuid uuid not null default uuid_v7()
        constraint pictures_pkey primary key,
    user_uuid uuid not null
        constraint pictures_user_uuid_fkey references users (uuid) on delete cascade,
    kind text not null
        constraint pictures_kind_check check (kind in ('crud', 'avatar', 'banner')),
    activity_uuid uuid
        constraint pictures_activity_uuid_fkey references activities (uuid) on delete cascade,
    position smallint not null default 0
        constraint pictures_position_check check (position between 0 and 3),
    used boolean not null default false,
    alt text not null default ''
        constraint pictures_alt_length_check check (char_length(alt) <= 1500),
    width integer not null
        constraint pictures_width_check check (width between 1 and 1200),
    height integer not null
        constraint pictures_height_check check (height between 1 and 1200),
    color text not null
        constraint pictures_color_check check (color ~ '^#[0-9a-f]{6}$'),
    extension text not null
        constraint pictures_extension_check check (extension in ('jpg', 'png')),
    bytes integer not null
        constraint pictures_bytes_check check (bytes > 0),
    content_hash bytea not null
        constraint pictures_content_hash_length_check check (octet_length(content_hash) = 32),
    created_at timestamptz not null,
    constraint pictures_activity_uuid_position_key unique (activity_uuid, position),
    constraint pictures_activity_uuid_check check ((activity_uuid is not null) = (used and kind = 'crud'))
);
create index pictures_user_idx on pictures (user_uuid, uuid desc);
create index pictures_unused_idx on pictures (created_at) where not used;
comment on table pictures is 'What members show: pictures of cruds, avatars, banners. The picture of a crud goes with it, the others with their member, and one that is not used goes after an hour. Read through live_pictures alone.';
comment on column pictures.activity_uuid is 'The crud or reply that shows it; null for avatars and banners, and for what was not posted yet.';
comment on column pictures.used is 'Whether it is shown: by a crud, or as the avatar or banner of its member. Only its owner sees one that is not.';
comment on column pictures.color is 'The mean colour, shown until the picture has come.';
comment on column pictures.bytes is 'How long both sizes are together, in whichever store they are.';
comment on column pictures.content_hash is 'The SHA-256 of the large size.';

create table picture_bytes (
    picture_uuid uuid not null
        constraint picture_bytes_picture_uuid_fkey references pictures (uuid) on delete cascade,
    size text not null
        constraint picture_bytes_size_check check (size in ('large', 'small')),
    bytes bytea not null
        constraint picture_bytes_bytes_length_check check (octet_length(bytes) between 1 and 16777216),
    constraint picture_bytes_pkey primary key (picture_uuid, size)
);
-- They are compressed already.
alter table picture_bytes alter column bytes set storage external;
comment on table picture_bytes is 'The encoded pictures, if this database is their store. They go with their picture.';

create table picture_objects (
    name text not null
        constraint picture_objects_pkey primary key
        constraint picture_objects_name_length_check check (char_length(name) between 1 and 100),
    picture_uuid uuid
        constraint picture_objects_picture_uuid_fkey references pictures (uuid) on delete set null
);
create index picture_objects_picture_idx on picture_objects (picture_uuid) where picture_uuid is not null;
create index picture_objects_gone_idx on picture_objects (name) where picture_uuid is null;
comment on table picture_objects is 'What is stored outside of this database (Amazon S3), by name. Its row stays when its picture goes, so that the sweeper can delete the object first and the row after it.';
comment on column picture_objects.picture_uuid is 'Null: the picture is gone, and the object must go too.';

create table upload_tickets (
    ticket_hash bytea not null
        constraint upload_tickets_pkey primary key
        constraint upload_tickets_ticket_hash_length_check check (octet_length(ticket_hash) = 32),
    user_uuid uuid not null
        constraint upload_tickets_user_uuid_fkey references users (uuid) on delete cascade,
    expires_at timestamptz not null
);
create index upload_tickets_user_idx on upload_tickets (user_uuid);
create index upload_tickets_expires_at_idx on upload_tickets (expires_at);
comment on table upload_tickets is 'Addresses to which one avatar may be sent without a token, as the original''s client does it. Only the SHA-256 of the secret in the address is kept. A row goes when it is used, or after ten minutes.';

alter table activities add column pictures_count smallint not null default 0;
comment on column activities.pictures_count is 'How many pictures it was posted with. If this is 0, none need be looked for.';

-- +goose Down
alter table activities drop column pictures_count;
drop table upload_tickets;
drop table picture_objects;
drop table picture_bytes;
drop table pictures;
