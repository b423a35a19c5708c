-- what lets a pipeline in: a mark of it, never the token itself
create table token (
    id text primary key,
    team_id text not null,
    channel_id text not null,
    -- on whose behalf it acts
    user_id text not null,
    -- what it is for, in the operator's words
    name text not null,
    -- 'api', or 'github': the secret of a webhook, which follows from the installation's key and this id
    kind text not null,
    mark text not null,
    made_ms integer not null,
    revoked_ms integer
) strict;

-- a retro that a pipeline asked for: when it begins by itself, and with which options (JSON)
alter table retro add column begins_ms integer;
alter table retro add column asked text;
drop index retro_open;
create unique index retro_open on retro (team_id, channel_id, version)
    where phase in ('scheduled', 'collecting', 'agenda');
