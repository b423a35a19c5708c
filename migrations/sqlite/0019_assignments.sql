-- An owner hears once, by one message, of the items that somebody else gave them.
create table assignment (
    team_id text not null,
    channel_id text not null,
    number integer not null,
    -- who was told
    owner text not null,
    from_user text not null,
    -- names the message: items with the same name stand in one
    message text not null,
    is_accepted integer not null default 0,
    primary key (team_id, channel_id, number, owner)
) strict, without rowid;
create index assignment_message on assignment (team_id, owner, message);
