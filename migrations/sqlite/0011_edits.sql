-- The newest change that was heard of a message: an older one that comes later changes nothing. Its words are kept only
-- until the message itself comes, where the change came first.
create table edit (
    team_id text not null,
    channel_id text not null,
    ts text not null,
    -- Slack's time of the change, as its `ts`
    edited text not null,
    body text,
    at_ms integer not null,
    primary key (team_id, channel_id, ts)
) strict, without rowid;
create index edit_at on edit (at_ms);
