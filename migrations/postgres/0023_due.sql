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
