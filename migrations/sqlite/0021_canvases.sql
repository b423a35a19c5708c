-- The canvas that the bot made for a channel. One that people made has no row, and is never written to.
create table canvas (
    team_id text not null,
    channel_id text not null,
    canvas_id text not null,
    primary key (team_id, channel_id)
) strict, without rowid;
