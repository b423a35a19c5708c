-- What is to be done by itself, and when: one kind of row for all, so that it is found in one way. Messages have a table of
-- their own. What a row is about stands in the columns that its kind needs:
--   deadline: the retro (number) and the step; reminder: an action item (channel_id, number); digest: a channel;
--   request, which waits until Slack has been asked: a random number, and what was asked, sealed; cleaning: a retro (number)
create table due (
    team_id text collate "C" not null,
    kind text collate "C" not null,
    channel_id text collate "C" not null default '',
    number bigint not null default 0,
    step text collate "C" not null default '',
    due_ms bigint not null,
    -- how often it failed: it is tried again later, and set aside in the end
    tries bigint not null default 0,
    is_aside boolean not null default false,
    made_ms bigint not null default 0,
    sealed bytea,
    primary key (team_id, kind, channel_id, number, step)
);
create index due_next on due (kind, due_ms) where is_aside = false;
alter table due alter column sealed set statistics 0;
insert into due (team_id, kind, number, step, due_ms, tries, is_aside)
    select team_id, 'deadline', retro_id, step, due_ms, tries, is_aside from timer;
insert into due (team_id, kind, channel_id, number, due_ms, tries, is_aside)
    select team_id, 'reminder', channel_id, number, nag_ms, nag_tries, is_aside from action_item where nag_ms is not null;
insert into due (team_id, kind, channel_id, due_ms, tries, is_aside)
    select team_id, 'digest', channel_id, due_ms, tries, is_aside from digest;
insert into due (team_id, kind, number, due_ms, tries, is_aside, made_ms, sealed)
    select team_id, 'request', id, due_ms, attempts, is_aside, made_ms, sealed from errand where sealed is not null;
insert into due (team_id, kind, number, due_ms)
    select r.team_id, 'cleaning', s.retro_id, s.due_ms from scrub s join retro r on r.id = s.retro_id;
-- Requests that an earlier version kept readable are sealed at the next start.
delete from errand where sealed is not null;
alter table errand rename to old_errand;
drop table timer;
drop table digest;
drop table scrub;
drop index action_item_nag;
alter table action_item drop column nag_ms;
alter table action_item drop column nag_tries;
alter table action_item drop column is_aside;
-- an earlier program looks for these tables
update schema_needs set version = 23;
