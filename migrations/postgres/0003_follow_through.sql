-- What is sent is never looked at again for what is to be sent.
create index card_waiting on card (state, due_ms) where wanted > sent;

-- how an item goes on
alter table action_item add column metric text collate "C";
-- '2026-12-01': quiet until then
alter table action_item add column snoozed text collate "C";
alter table action_item add column snoozed_because text collate "C";
alter table action_item add column blocked text collate "C";
alter table action_item add column offered text collate "C";
-- how often its date was moved to a later one
alter table action_item add column slipped bigint not null default 0;
-- the civil day of the next reminder, once it is planned, and of the last one
alter table action_item add column nag_day text collate "C";
alter table action_item add column nagged_day text collate "C";
-- when it is looked at: to be planned from then on, or due; null where nothing is to come
alter table action_item add column nag_ms bigint;
create index action_item_nag on action_item (nag_ms) where nag_ms is not null;

-- what a reminder of one owner and day names
create table nag (
    team_id text collate "C" not null,
    owner text collate "C" not null,
    day text collate "C" not null,
    channel_id text collate "C" not null,
    number bigint not null,
    primary key (team_id, owner, day, channel_id, number)
);
create index nag_item on nag (team_id, channel_id, number, day);

-- when a channel's items are looked through for those long overdue
create table digest (
    team_id text collate "C" not null,
    channel_id text collate "C" not null,
    due_ms bigint not null,
    primary key (team_id, channel_id)
);
create index digest_due on digest (due_ms);

-- reminders that wait for a word of a person, because the clock had leapt
create table brake (
    team_id text collate "C" primary key,
    since_ms bigint not null
);

-- the Home tab shows items that are done
alter table person add column home_done boolean not null default false;
