-- An owner hears once, by one message, of the items that somebody else gave them.
create table assignment (
    team_id text collate "C" not null,
    channel_id text collate "C" not null,
    number bigint not null,
    -- who was told
    owner text collate "C" not null,
    from_user text collate "C" not null,
    -- names the message: items with the same name stand in one
    message text collate "C" not null,
    is_accepted boolean not null default false,
    primary key (team_id, channel_id, number, owner)
);
create index assignment_message on assignment (team_id, owner, message);
