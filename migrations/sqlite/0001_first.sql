-- the workspaces this file serves; the first one pins it (another token is refused)
create table workspace (
    team_id text primary key,
    name text not null,
    url text not null,
    bot_user_id text not null,
    scopes text not null,
    -- when everybody was read last
    people_read_ms integer not null default 0
) strict;

-- people as last seen in Slack
create table person (
    team_id text not null,
    user_id text not null,
    name text not null,
    tz text not null,
    is_bot integer not null,
    is_deleted integer not null,
    is_external integer not null,
    is_admin integer not null,
    -- the DM with the bot, learned from the first message there
    dm_channel text,
    primary key (team_id, user_id)
) strict;

-- channels as last seen in Slack
create table channel (
    team_id text not null,
    channel_id text not null,
    name text not null,
    is_archived integer not null,
    is_member integer not null,
    -- when it and its members were read from Slack
    read_ms integer not null,
    primary key (team_id, channel_id)
) strict;

-- who is in which channel (or was), and when that was seen: an older event changes nothing
create table member (
    team_id text not null,
    channel_id text not null,
    user_id text not null,
    is_present integer not null,
    seen_ms integer not null,
    primary key (team_id, channel_id, user_id)
) strict;

-- one retrospective of one release in one channel
create table retro (
    id integer primary key,
    team_id text not null,
    channel_id text not null,
    version text not null,
    phase text not null,
    facilitator text not null,
    facilitator_seen_ms integer not null,
    is_anonymous integer not null,
    is_async integer not null,
    length_min integer not null,
    closes_ms integer not null,
    zone text not null,
    meeting_ms integer,
    deployed_ms integer,
    previous_id integer references retro (id),
    started_ms integer not null,
    all_answered_ms integer,
    nudged_ms integer,
    ended_ms integer,
    cancelled_because text,
    next_version text,
    next_day text,
    -- smoothness scores in ascending order, as JSON, once the survey is closed
    scores text not null default '[]',
    rev integer not null
) strict;

-- at most one open retro per release and channel
create unique index retro_open on retro (team_id, channel_id, version)
    where phase in ('collecting', 'agenda');
create index retro_channel on retro (team_id, channel_id, started_ms);

-- who is asked, and whether they answered; never what
create table participant (
    retro_id integer not null references retro (id),
    user_id text not null,
    answer text not null,
    copies integer not null,
    primary key (retro_id, user_id)
) strict, without rowid;
create index participant_user on participant (user_id, retro_id);

-- what people wrote while the survey is open; emptied when it closes
create table answer (
    retro_id integer not null references retro (id),
    user_id text not null,
    question integer not null,
    body text not null,
    primary key (retro_id, user_id, question)
) strict, without rowid;

-- things said; ids are random and there is no time stamp, so that order tells nothing
create table note (
    id integer primary key,
    team_id text not null,
    channel_id text not null,
    retro_id integer references retro (id),
    stage text not null,
    author text,
    body text not null
) strict;
create index note_retro on note (retro_id, stage);
create index note_coming on note (team_id, channel_id) where retro_id is null;

-- recognition
create table kudos (
    id integer primary key,
    team_id text not null,
    channel_id text not null,
    retro_id integer references retro (id),
    to_user text not null,
    from_user text not null,
    body text not null,
    at_ms integer not null
) strict;
create index kudos_retro on kudos (retro_id);
create index kudos_coming on kudos (team_id, channel_id) where retro_id is null;

-- action items, numbered in their channel
create table action_item (
    team_id text not null,
    channel_id text not null,
    number integer not null,
    retro_id integer references retro (id),
    body text not null,
    owner text not null,
    -- '2026-12-01', '2026-12-01T15:00', 'next', 'next:2026-12-20'
    due text not null,
    zone text not null,
    priority text not null,
    why text,
    state text not null,
    outcome text,
    closed_by text,
    created_ms integer not null,
    closed_ms integer,
    primary key (team_id, channel_id, number)
) strict, without rowid;
create index action_item_retro on action_item (retro_id);
create index action_item_owner on action_item (team_id, owner, state);

-- what was handled already, by semantic key, with the answer that was given
create table inbox (
    team_id text not null,
    key text not null,
    reply text not null,
    at_ms integer not null,
    primary key (team_id, key)
) strict, without rowid;
create index inbox_age on inbox (at_ms);

-- commands that wait for facts from Slack
create table errand (
    id integer primary key,
    team_id text not null,
    request text not null,
    due_ms integer not null,
    attempts integer not null,
    made_ms integer not null
) strict;

-- messages: wanted and sent revisions, where each stands, and how it is delivered
create table card (
    team_id text not null,
    key text not null,
    -- what it shows (a retro's card) or carries (a reply), as JSON
    what text not null,
    -- the reply's words; emptied once sent
    body text,
    retro_id integer,
    lane text not null,
    priority integer not null,
    wanted integer not null,
    sent integer not null,
    -- idle, sending, doubt, parked, dead
    state text not null,
    attempts integer not null,
    due_ms integer not null,
    started_ms integer,
    -- looks into the history since the message is in doubt
    looks integer not null,
    -- falls back to plain text after Slack refused the blocks
    is_plain integer not null,
    ts text,
    posted_in text,
    file_id text,
    error text,
    made_ms integer not null,
    primary key (team_id, key)
) strict, without rowid;
create index card_due on card (state, due_ms);
create index card_retro on card (retro_id);

-- deadlines; one of each step for a retro
create table timer (
    team_id text not null,
    retro_id integer not null references retro (id),
    step text not null,
    due_ms integer not null,
    primary key (retro_id, step)
) strict, without rowid;
create index timer_due on timer (due_ms);

-- Slack asked us to wait: obeyed across restarts
create table backoff (
    team_id text not null,
    method text not null,
    until_ms integer not null,
    primary key (team_id, method)
) strict, without rowid;
