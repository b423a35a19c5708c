-- How often work failed that nobody waits for; it is tried again later, and set aside in the end.
alter table timer add column tries integer not null default 0;
alter table digest add column tries integer not null default 0;
alter table action_item add column nag_tries integer not null default 0;
