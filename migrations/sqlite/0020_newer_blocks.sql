-- What a workspace answered to a kind of block that is newer than some plans and clients, for a week.
create table newer_block (
    team_id text not null,
    -- its type, such as data_table
    kind text not null,
    is_refused integer not null,
    until_ms integer not null,
    primary key (team_id, kind)
) strict, without rowid;
