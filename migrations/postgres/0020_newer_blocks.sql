-- What a workspace answered to a kind of block that is newer than some plans and clients, for a week.
create table newer_block (
    team_id text collate "C" not null,
    -- its type, such as data_table
    kind text collate "C" not null,
    is_refused boolean not null,
    until_ms bigint not null,
    primary key (team_id, kind)
);
