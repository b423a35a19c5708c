-- The canvas that the bot made for a channel. One that people made has no row, and is never written to.
create table canvas (
    team_id text collate "C" not null,
    channel_id text collate "C" not null,
    canvas_id text collate "C" not null,
    primary key (team_id, channel_id)
);
