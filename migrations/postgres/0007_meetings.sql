-- a meeting: its stage and its clock, as JSON
create table meeting (
    retro_id bigint primary key references retro (id),
    team_id text collate "C" not null,
    body text collate "C" not null,
    rev bigint not null
);

-- who was heard in a stage: how often, whether they passed, and whether they were invited
create table voice (
    retro_id bigint not null references retro (id),
    part bigint not null,
    user_id text collate "C" not null,
    words bigint not null default 0,
    has_passed boolean not null default false,
    is_invited boolean not null default false,
    primary key (retro_id, part, user_id)
);

-- the notes of one theme share its number from the moment on that somebody works with it
alter table note add column topic_id bigint;

-- what people gave a theme: a name, and votes once they are counted
create table topic (
    id bigint primary key,
    retro_id bigint not null references retro (id),
    name text collate "C",
    votes bigint not null default 0
);
create index topic_retro on topic (retro_id);

-- who votes for which theme; gone once the votes are counted
create table vote (
    topic_id bigint not null,
    user_id text collate "C" not null,
    retro_id bigint not null references retro (id),
    primary key (topic_id, user_id)
);
create index vote_retro on vote (retro_id, user_id);

-- what was found out about a theme, as JSON; nobody's name
create table insight (
    id bigint primary key,
    retro_id bigint not null references retro (id),
    topic_id bigint not null,
    body text collate "C" not null,
    is_hidden boolean not null default false
);
create index insight_retro on insight (retro_id);

drop index retro_open;
create unique index retro_open on retro (team_id, channel_id, version)
    where phase in ('scheduled', 'collecting', 'agenda', 'meeting');

-- a mark of what a channel's message shows: an edit that would change nothing is not sent
alter table card add column shown text collate "C";
