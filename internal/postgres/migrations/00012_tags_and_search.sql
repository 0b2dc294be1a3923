-- +goose Up

-- The foreign keys below need it, and who deletes a member locks users first and activities second.
lock table users in share row exclusive mode;

create table activity_tags (
    tag text collate "C" not null
        constraint activity_tags_tag_length_check check (char_length(tag) between 1 and 64),
    activity_uuid uuid not null
        constraint activity_tags_activity_uuid_fkey references activities (uuid) on delete cascade,
    constraint activity_tags_pkey primary key (tag, activity_uuid)
);
create index activity_tags_activity_idx on activity_tags (activity_uuid) include (tag);
comment on table activity_tags is 'The hashtags of each activity. They go with it.';
comment on column activity_tags.tag is 'In its normal form (cruddur.Segments), so that #Café and #CAFÉ are one. In the order of its bytes, so that the beginning of a tag is found by the index.';

create table activity_search (
    activity_uuid uuid
        constraint activity_search_pkey primary key
        constraint activity_search_activity_uuid_fkey references activities (uuid) on delete cascade,
    words tsvector not null
        constraint activity_search_words_length_check check (length(words) <= 8192)
);
-- Whoever fills the list of what waits to be indexed must empty it, and whoever searches reads all of it.
create index activity_search_words_idx on activity_search using gin (words) with (gin_pending_list_limit = 256);
comment on table activity_search is 'The words by which each activity is found. They go with it. An activity without a row is not indexed yet: it was stored by a script or by an older version, and the sweeper''s server will index it.';
comment on column activity_search.words is 'Made by cruddur.Words: without case and accents, scripts without spaces in pairs of characters, tags with their sign.';

create table user_search (
    user_uuid uuid
        constraint user_search_pkey primary key
        constraint user_search_user_uuid_fkey references users (uuid) on delete cascade,
    display_name text not null
        constraint user_search_display_name_length_check check (char_length(display_name) <= 50),
    words tsvector not null
        constraint user_search_words_length_check check (length(words) <= 1024)
);
create index user_search_words_idx on user_search using gin (words);
create index users_handle_start_idx on users (handle collate "C");
comment on table user_search is 'The words of each member''s display name. They go with the member.';
comment on column user_search.display_name is 'The name that the words were made of. If the member has another one by now, the words are made again.';

-- +goose Down
drop index users_handle_start_idx;
drop table user_search;
drop table activity_search;
drop table activity_tags;
