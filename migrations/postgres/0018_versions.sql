-- Names are compared in one way, and the order of releases follows from their names or their days when it is needed.
drop index release_order;
alter table release drop column sort;
-- the version without a leading v, in lower case
alter table release add column name_key text collate "C" not null default '';
-- when it was first heard of, Unix milliseconds
alter table release add column known_ms bigint not null default 0;
-- when it went out, Unix milliseconds
alter table release add column deployed_ms bigint;
-- the release that was named as the one before it
alter table release add column previous text collate "C";
create index release_key on release (team_id, channel_id, name_key);
create index release_known on release (team_id, channel_id, known_ms);
-- an earlier program orders releases by the column that is gone
update schema_needs set version = 18;
