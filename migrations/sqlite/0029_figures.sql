-- What people and sources said of the figures of a release. A person's word wins.
create table release_figure (
    team_id text not null,
    channel_id text not null,
    version text not null,
    figure text not null,
    source text not null,
    -- as a document has it; null: a person took it away
    value text,
    said_ms integer not null,
    primary key (team_id, channel_id, version, figure, source)
) strict, without rowid;
-- The reading of a release from its repository: how far it is, and when it was done.
create table release_reading (
    team_id text not null,
    channel_id text not null,
    version text not null,
    -- what its row in the table of due work is called
    number integer not null,
    -- as JSON, while it is under way
    progress text,
    -- who asked for it, until they were told
    asked_by text,
    done_ms integer,
    primary key (team_id, channel_id, version)
) strict, without rowid;
-- The reasons of a trouble that were told, as a list in JSON.
alter table tracker_trouble add column reasons text not null default '[]';
