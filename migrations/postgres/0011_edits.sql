-- The newest change that was heard of a message: an older one that comes later changes nothing. Its words are kept only
-- until the message itself comes, where the change came first.
create table edit (
    team_id text collate "C" not null,
    channel_id text collate "C" not null,
    ts text collate "C" not null,
    -- Slack's time of the change, as its `ts`
    edited text collate "C" not null,
    body text collate "C",
    at_ms bigint not null,
    primary key (team_id, channel_id, ts)
);
create index edit_at on edit (at_ms);
