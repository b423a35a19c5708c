-- The message in whose thread this one stands: it is posted first.
alter table card add column parent text;
update card set parent = 'agenda/' || retro_id where key like 'facts/%' or key like 'stage/%' or key like 'warning/%'
    or key like 'wins/%' or key = 'meeting/' || retro_id;
update card set parent = 'summary/' || retro_id where key like 'document/%';

-- The call that sends it the first time, because each has a pace of its own: hook, ephemeral, post, file, home.
alter table card add column way text not null default 'post';
update card set way = case when key like 'home/%' then 'home' when lane like 'hook/%' then 'hook'
    when key like 'reply/%' and lane like '%/%' then 'ephemeral'
    when key like 'document/%' or key like 'file/%' or key like 'chart/%' then 'file' else 'post' end;
update card set priority = 3 where way = 'home';

-- A channel that takes no messages: its lane waits as a whole, and is tried again from due_ms.
create table parked_lane (
    team_id text not null,
    lane text not null,
    since_ms integer not null,
    due_ms integer not null,
    -- Slack's code
    error text not null,
    primary key (team_id, lane)
) strict, without rowid;
insert into parked_lane (team_id, lane, since_ms, due_ms, error)
    select team_id, lane, coalesce(min(started_ms), min(made_ms)), min(due_ms), coalesce(min(error), '')
    from card where state = 'parked' group by team_id, lane;
update card set state = 'idle', due_ms = 0, attempts = 0 where state = 'parked';

-- What waits is little beside what was sent; without these, every look would read all of it.
drop index card_waiting;
create index card_waiting on card (state, due_ms) where wanted > sent;
create index card_ready on card (team_id, state, due_ms) where wanted > sent;
create index card_lane on card (team_id, lane);
