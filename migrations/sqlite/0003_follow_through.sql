-- What is sent is never looked at again for what is to be sent.
create index card_waiting on card (state, due_ms) where wanted > sent;

-- how an item goes on
alter table action_item add column metric text;
-- '2026-12-01': quiet until then
alter table action_item add column snoozed text;
alter table action_item add column snoozed_because text;
alter table action_item add column blocked text;
alter table action_item add column offered text;
-- how often its date was moved to a later one
alter table action_item add column slipped integer not null default 0;
-- the civil day of the next reminder, once it is planned, and of the last one
alter table action_item add column nag_day text;
alter table action_item add column nagged_day text;
-- when it is looked at: to be planned from then on, or due; null where nothing is to come
alter table action_item add column nag_ms integer;
create index action_item_nag on action_item (nag_ms) where nag_ms is not null;
update action_item set nag_ms = created_ms where state = 'open';

-- what a reminder of one owner and day names
create table nag (
    team_id text not null,
    owner text not null,
    day text not null,
    channel_id text not null,
    number integer not null,
    primary key (team_id, owner, day, channel_id, number)
) strict, without rowid;
create index nag_item on nag (team_id, channel_id, number, day);

-- when a channel's items are looked through for those long overdue
create table digest (
    team_id text not null,
    channel_id text not null,
    due_ms integer not null,
    primary key (team_id, channel_id)
) strict, without rowid;
create index digest_due on digest (due_ms);
insert into digest (team_id, channel_id, due_ms)
    select distinct team_id, channel_id, 0 from action_item where state = 'open';

-- reminders that wait for a word of a person, because the clock had leapt
create table brake (
    team_id text primary key,
    since_ms integer not null
) strict;

-- the Home tab shows items that are done
alter table person add column home_done integer not null default 0;
