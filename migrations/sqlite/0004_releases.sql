-- the releases of a channel, with their data as it was given
create table release (
    team_id text not null,
    channel_id text not null,
    version text not null,
    -- sorts, by its bytes, as the versions do
    sort text not null,
    -- JSON without the plan; null where none was given
    body text,
    -- its address, or its Markdown
    plan text,
    -- the risks of its plan that came true, as JSON
    came_true text not null default '[]',
    primary key (team_id, channel_id, version)
) strict, without rowid;
create index release_order on release (team_id, channel_id, sort);
create index retro_version on retro (team_id, channel_id, version, started_ms);
