-- a meeting: its stage and its clock, as JSON
create table meeting (
    retro_id integer primary key references retro (id),
    team_id text not null,
    body text not null,
    rev integer not null
) strict;

-- who was heard in a stage: how often, whether they passed, and whether they were invited
create table voice (
    retro_id integer not null references retro (id),
    part integer not null,
    user_id text not null,
    words integer not null default 0,
    has_passed integer not null default 0,
    is_invited integer not null default 0,
    primary key (retro_id, part, user_id)
) strict, without rowid;

-- the notes of one theme share its number from the moment on that somebody works with it
alter table note add column topic_id integer;

-- what people gave a theme: a name, and votes once they are counted
create table topic (
    id integer primary key,
    retro_id integer not null references retro (id),
    name text,
    votes integer not null default 0
) strict;
create index topic_retro on topic (retro_id);

-- who votes for which theme; gone once the votes are counted
create table vote (
    topic_id integer not null,
    user_id text not null,
    retro_id integer not null references retro (id),
    primary key (topic_id, user_id)
) strict, without rowid;
create index vote_retro on vote (retro_id, user_id);

-- what was found out about a theme, as JSON; nobody's name
create table insight (
    id integer primary key,
    retro_id integer not null references retro (id),
    topic_id integer not null,
    body text not null,
    is_hidden integer not null default 0
) strict;
create index insight_retro on insight (retro_id);

drop index retro_open;
create unique index retro_open on retro (team_id, channel_id, version)
    where phase in ('scheduled', 'collecting', 'agenda', 'meeting');

-- a mark of what a channel's message shows: an edit that would change nothing is not sent
alter table card add column shown text;
