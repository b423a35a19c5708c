-- the workspaces this file serves; the first one pins it (another token is refused)
create table workspace (
    team_id text collate "C" primary key,
    name text collate "C" not null,
    url text collate "C" not null,
    bot_user_id text collate "C" not null,
    scopes text collate "C" not null,
    -- when everybody was read last
    people_read_ms bigint not null default 0
);

-- people as last seen in Slack
create table person (
    team_id text collate "C" not null,
    user_id text collate "C" not null,
    name text collate "C" not null,
    tz text collate "C" not null,
    is_bot boolean not null,
    is_deleted boolean not null,
    is_external boolean not null,
    is_admin boolean not null,
    -- the DM with the bot, learned from the first message there
    dm_channel text collate "C",
    primary key (team_id, user_id)
);

-- channels as last seen in Slack
create table channel (
    team_id text collate "C" not null,
    channel_id text collate "C" not null,
    name text collate "C" not null,
    is_archived boolean not null,
    is_member boolean not null,
    -- when it and its members were read from Slack
    read_ms bigint not null,
    primary key (team_id, channel_id)
);

-- who is in which channel (or was), and when that was seen: an older event changes nothing
create table member (
    team_id text collate "C" not null,
    channel_id text collate "C" not null,
    user_id text collate "C" not null,
    is_present boolean not null,
    seen_ms bigint not null,
    primary key (team_id, channel_id, user_id)
);

-- one retrospective of one release in one channel
create table retro (
    id bigint primary key,
    team_id text collate "C" not null,
    channel_id text collate "C" not null,
    version text collate "C" not null,
    phase text collate "C" not null,
    facilitator text collate "C" not null,
    facilitator_seen_ms bigint not null,
    is_anonymous boolean not null,
    is_async boolean not null,
    length_min bigint not null,
    closes_ms bigint not null,
    zone text collate "C" not null,
    meeting_ms bigint,
    deployed_ms bigint,
    previous_id bigint references retro (id),
    started_ms bigint not null,
    all_answered_ms bigint,
    nudged_ms bigint,
    ended_ms bigint,
    cancelled_because text collate "C",
    next_version text collate "C",
    next_day text collate "C",
    -- smoothness scores in ascending order, as JSON, once the survey is closed
    scores text collate "C" not null default '[]',
    rev bigint not null
);

-- at most one open retro per release and channel
create unique index retro_open on retro (team_id, channel_id, version)
    where phase in ('collecting', 'agenda');
create index retro_channel on retro (team_id, channel_id, started_ms);

-- who is asked, and whether they answered; never what
create table participant (
    retro_id bigint not null references retro (id),
    user_id text collate "C" not null,
    answer text collate "C" not null,
    copies bigint not null,
    primary key (retro_id, user_id)
);
create index participant_user on participant (user_id, retro_id);

-- what people wrote while the survey is open; emptied when it closes
create table answer (
    retro_id bigint not null references retro (id),
    user_id text collate "C" not null,
    question bigint not null,
    body text collate "C" not null,
    primary key (retro_id, user_id, question)
);

-- things said; ids are random and there is no time stamp, so that order tells nothing
create table note (
    id bigint primary key,
    team_id text collate "C" not null,
    channel_id text collate "C" not null,
    retro_id bigint references retro (id),
    stage text collate "C" not null,
    author text collate "C",
    body text collate "C" not null
);
create index note_retro on note (retro_id, stage);
create index note_coming on note (team_id, channel_id) where retro_id is null;

-- recognition
create table kudos (
    id bigint primary key,
    team_id text collate "C" not null,
    channel_id text collate "C" not null,
    retro_id bigint references retro (id),
    to_user text collate "C" not null,
    from_user text collate "C" not null,
    body text collate "C" not null,
    at_ms bigint not null
);
create index kudos_retro on kudos (retro_id);
create index kudos_coming on kudos (team_id, channel_id) where retro_id is null;

-- action items, numbered in their channel
create table action_item (
    team_id text collate "C" not null,
    channel_id text collate "C" not null,
    number bigint not null,
    retro_id bigint references retro (id),
    body text collate "C" not null,
    owner text collate "C" not null,
    -- '2026-12-01', '2026-12-01T15:00', 'next', 'next:2026-12-20'
    due text collate "C" not null,
    zone text collate "C" not null,
    priority text collate "C" not null,
    why text collate "C",
    state text collate "C" not null,
    outcome text collate "C",
    closed_by text collate "C",
    created_ms bigint not null,
    closed_ms bigint,
    primary key (team_id, channel_id, number)
);
create index action_item_retro on action_item (retro_id);
create index action_item_owner on action_item (team_id, owner, state);

-- what was handled already, by semantic key, with the answer that was given
create table inbox (
    team_id text collate "C" not null,
    key text collate "C" not null,
    reply text collate "C" not null,
    at_ms bigint not null,
    primary key (team_id, key)
);
create index inbox_age on inbox (at_ms);

-- commands that wait for facts from Slack
create table errand (
    id bigint primary key,
    team_id text collate "C" not null,
    request text collate "C" not null,
    due_ms bigint not null,
    attempts bigint not null,
    made_ms bigint not null
);

-- messages: wanted and sent revisions, where each stands, and how it is delivered
create table card (
    team_id text collate "C" not null,
    key text collate "C" not null,
    -- what it shows (a retro's card) or carries (a reply), as JSON
    what text collate "C" not null,
    -- the reply's words; emptied once sent
    body text collate "C",
    retro_id bigint,
    lane text collate "C" not null,
    priority bigint not null,
    wanted bigint not null,
    sent bigint not null,
    -- idle, sending, doubt, parked, dead
    state text collate "C" not null,
    attempts bigint not null,
    due_ms bigint not null,
    started_ms bigint,
    -- looks into the history since the message is in doubt
    looks bigint not null,
    -- falls back to plain text after Slack refused the blocks
    is_plain boolean not null,
    ts text collate "C",
    posted_in text collate "C",
    file_id text collate "C",
    error text collate "C",
    made_ms bigint not null,
    primary key (team_id, key)
);
create index card_due on card (state, due_ms);
create index card_retro on card (retro_id);

-- deadlines; one of each step for a retro
create table timer (
    team_id text collate "C" not null,
    retro_id bigint not null references retro (id),
    step text collate "C" not null,
    due_ms bigint not null,
    primary key (retro_id, step)
);
create index timer_due on timer (due_ms);

-- Slack asked us to wait: obeyed across restarts
create table backoff (
    team_id text collate "C" not null,
    method text collate "C" not null,
    until_ms bigint not null,
    primary key (team_id, method)
);
