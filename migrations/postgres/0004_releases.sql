-- the releases of a channel, with their data as it was given
create table release (
    team_id text collate "C" not null,
    channel_id text collate "C" not null,
    version text collate "C" not null,
    -- sorts, by its bytes, as the versions do
    sort text collate "C" not null,
    -- JSON without the plan; null where none was given
    body text collate "C",
    -- its address, or its Markdown
    plan text collate "C",
    -- the risks of its plan that came true, as JSON
    came_true text collate "C" not null default '[]',
    primary key (team_id, channel_id, version)
);
create index release_order on release (team_id, channel_id, sort);
create index retro_version on retro (team_id, channel_id, version, started_ms);
