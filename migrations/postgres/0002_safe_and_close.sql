-- which key this database is sealed with: a mark of it, never the key
create table installation (
    id bigint primary key check (id = 1),
    key_mark text collate "C" not null
);

-- a channel's defaults, as JSON; none is needed
create table channel_config (
    team_id text collate "C" not null,
    channel_id text collate "C" not null,
    body text collate "C" not null,
    primary key (team_id, channel_id)
);

-- the key of an open survey, itself sealed with the installation's; gone once the survey is over
create table survey_key (
    retro_id bigint primary key references retro (id),
    body bytea not null
);

-- what one person wrote in an open survey, sealed, under a name that only the survey's key can tell
create table sheet (
    retro_id bigint not null references retro (id),
    alias bytea not null,
    body bytea not null,
    primary key (retro_id, alias)
);

-- surveys of which the file may still hold remains: repeated until it does not
create table scrub (
    retro_id bigint primary key references retro (id),
    due_ms bigint not null
);

-- questions as JSON; empty for those of the release process
alter table retro add column questions text collate "C" not null default '';
-- fewer authors than this are not shown without being asked
alter table retro add column threshold bigint not null default 3;
-- until when authors may share what was withheld
alter table retro add column withheld_ms bigint;

-- reminders that went out by themselves: 1 halfway, 2 before the close, 3 both
alter table participant add column nudges bigint not null default 0;

-- where a captured message stands
alter table note add column link text collate "C";
alter table note add column source_ts text collate "C";
alter table note add column is_hidden boolean not null default false;
create unique index note_source on note (team_id, channel_id, source_ts) where source_ts is not null;

-- the page of the Home tab that somebody looks at; null for who never opened it
alter table person add column home_page bigint;

-- who gave it, and when, is shown nowhere: it is not kept
alter table kudos drop column from_user;
alter table kudos drop column at_ms;
