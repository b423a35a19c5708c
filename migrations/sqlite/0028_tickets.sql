-- The tickets of action items in Jira, Linear and GitHub: where each goes, how far its filing is, and what was last written.
create table ticket (
    team_id text not null,
    channel_id text not null,
    number integer not null,
    tracker text not null,
    -- the project, team or repository
    place text not null,
    filing text not null,
    -- made before the first call: a ticket there that carries it belongs to this row
    marker text not null,
    -- when the first call began, and the last one
    begun_ms integer,
    called_ms integer,
    filed_ms integer,
    -- how often nobody knew whether a call had made the ticket
    doubts integer not null default 0,
    -- how often it was looked for since the last doubt; once it is filed, how many sweeps were made
    looks integer not null default 0,
    -- what names it there, and how it stood there when it was last read
    remote_id text,
    standing text,
    -- digests of what was last written there, as JSON
    told text,
    -- writes within the hour that began at hour_ms
    writes integer not null default 0,
    hour_ms integer not null default 0,
    primary key (team_id, channel_id, number)
) strict, without rowid;
create index ticket_remote on ticket (tracker, remote_id);
create index ticket_waiting on ticket (team_id, tracker, place) where filing in ('to_file', 'sending', 'doubt');
-- What keeps a tracker, or a place in it, from taking tickets, until it is over.
create table tracker_trouble (
    team_id text not null,
    tracker text not null,
    -- what is in trouble: the tracker itself (empty), its token, or a place
    about text not null,
    since_ms integer not null,
    -- who was told; nobody yet where it is null
    told text,
    primary key (team_id, tracker, about)
) strict, without rowid;
-- The pull request that puts a retrospective into its release plan.
create table plan_request (
    retro_id integer primary key references retro (id),
    url text not null
) strict;
alter table action_item add column ticket_key text;
alter table action_item add column ticket_url text;
alter table action_item add column is_ticket_gone integer not null default 0;
