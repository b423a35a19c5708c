-- which key this database is sealed with: a mark of it, never the key
create table installation (
    id integer primary key check (id = 1),
    key_mark text not null
) strict;

-- a channel's defaults, as JSON; none is needed
create table channel_config (
    team_id text not null,
    channel_id text not null,
    body text not null,
    primary key (team_id, channel_id)
) strict, without rowid;

-- the key of an open survey, itself sealed with the installation's; gone once the survey is over
create table survey_key (
    retro_id integer primary key references retro (id),
    body blob not null
) strict;

-- what one person wrote in an open survey, sealed, under a name that only the survey's key can tell
create table sheet (
    retro_id integer not null references retro (id),
    alias blob not null,
    body blob not null,
    primary key (retro_id, alias)
) strict, without rowid;

-- surveys of which the file may still hold remains: repeated until it does not
create table scrub (
    retro_id integer primary key references retro (id),
    due_ms integer not null
) strict;

-- questions as JSON; empty for those of the release process
alter table retro add column questions text not null default '';
-- fewer authors than this are not shown without being asked
alter table retro add column threshold integer not null default 3;
-- until when authors may share what was withheld
alter table retro add column withheld_ms integer;

-- reminders that went out by themselves: 1 halfway, 2 before the close, 3 both
alter table participant add column nudges integer not null default 0;

-- where a captured message stands
alter table note add column link text;
alter table note add column source_ts text;
alter table note add column is_hidden integer not null default 0;
create unique index note_source on note (team_id, channel_id, source_ts) where source_ts is not null;

-- the page of the Home tab that somebody looks at; null for who never opened it
alter table person add column home_page integer;

-- who gave it, and when, is shown nowhere: it is not kept
alter table kudos drop column from_user;
alter table kudos drop column at_ms;
