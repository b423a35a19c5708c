-- What people and sources said of the figures of a release. A person's word wins.
create table release_figure (
    team_id text collate "C" not null,
    channel_id text collate "C" not null,
    version text collate "C" not null,
    figure text collate "C" not null,
    source text collate "C" not null,
    -- as a document has it; null: a person took it away
    value text collate "C",
    said_ms bigint not null,
    primary key (team_id, channel_id, version, figure, source)
);
-- The reading of a release from its repository: how far it is, and when it was done.
create table release_reading (
    team_id text collate "C" not null,
    channel_id text collate "C" not null,
    version text collate "C" not null,
    -- what its row in the table of due work is called
    number bigint not null,
    -- as JSON, while it is under way
    progress text collate "C",
    -- who asked for it, until they were told
    asked_by text collate "C",
    done_ms bigint,
    primary key (team_id, channel_id, version)
);
-- The reasons of a trouble that were told, as a list in JSON.
alter table tracker_trouble add column reasons text collate "C" not null default '[]';
