-- The tickets of action items in Jira, Linear and GitHub: where each goes, how far its filing is, and what was last written.
create table ticket (
    team_id text collate "C" not null,
    channel_id text collate "C" not null,
    number bigint not null,
    tracker text collate "C" not null,
    -- the project, team or repository
    place text collate "C" not null,
    filing text collate "C" not null,
    -- made before the first call: a ticket there that carries it belongs to this row
    marker text collate "C" not null,
    -- when the first call began, and the last one
    begun_ms bigint,
    called_ms bigint,
    filed_ms bigint,
    -- how often nobody knew whether a call had made the ticket
    doubts bigint not null default 0,
    -- how often it was looked for since the last doubt; once it is filed, how many sweeps were made
    looks bigint not null default 0,
    -- what names it there, and how it stood there when it was last read
    remote_id text collate "C",
    standing text collate "C",
    -- digests of what was last written there, as JSON
    told text collate "C",
    -- writes within the hour that began at hour_ms
    writes bigint not null default 0,
    hour_ms bigint not null default 0,
    primary key (team_id, channel_id, number)
);
create index ticket_remote on ticket (tracker, remote_id);
create index ticket_waiting on ticket (team_id, tracker, place) where filing in ('to_file', 'sending', 'doubt');
-- What keeps a tracker, or a place in it, from taking tickets, until it is over.
create table tracker_trouble (
    team_id text collate "C" not null,
    tracker text collate "C" not null,
    -- what is in trouble: the tracker itself (empty), its token, or a place
    about text collate "C" not null,
    since_ms bigint not null,
    -- who was told; nobody yet where it is null
    told text collate "C",
    primary key (team_id, tracker, about)
);
-- The pull request that puts a retrospective into its release plan.
create table plan_request (
    retro_id bigint primary key references retro (id),
    url text collate "C" not null
);
alter table action_item add column ticket_key text collate "C";
alter table action_item add column ticket_url text collate "C";
alter table action_item add column is_ticket_gone boolean not null default false;
