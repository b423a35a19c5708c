-- The message in whose thread this one stands: it is posted first.
alter table card add column parent text collate "C";

-- The call that sends it the first time, because each has a pace of its own: hook, ephemeral, post, file, home.
alter table card add column way text collate "C" not null default 'post';

-- A channel that takes no messages: its lane waits as a whole, and is tried again from due_ms.
create table parked_lane (
    team_id text collate "C" not null,
    lane text collate "C" not null,
    since_ms bigint not null,
    due_ms bigint not null,
    -- Slack's code
    error text collate "C" not null,
    primary key (team_id, lane)
);

-- What waits is little beside what was sent; without these, every look would read all of it.
drop index card_waiting;
create index card_waiting on card (state, due_ms) where wanted > sent;
create index card_ready on card (team_id, state, due_ms) where wanted > sent;
create index card_lane on card (team_id, lane);
