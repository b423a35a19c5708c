-- what lets a pipeline in: a mark of it, never the token itself
create table token (
    id text collate "C" primary key,
    team_id text collate "C" not null,
    channel_id text collate "C" not null,
    -- on whose behalf it acts
    user_id text collate "C" not null,
    -- what it is for, in the operator's words
    name text collate "C" not null,
    -- 'api', or 'github': the secret of a webhook, which follows from the installation's key and this id
    kind text collate "C" not null,
    mark text collate "C" not null,
    made_ms bigint not null,
    revoked_ms bigint
);

-- a retro that a pipeline asked for: when it begins by itself, and with which options (JSON)
alter table retro add column begins_ms bigint;
alter table retro add column asked text collate "C";
drop index retro_open;
create unique index retro_open on retro (team_id, channel_id, version)
    where phase in ('scheduled', 'collecting', 'agenda');
