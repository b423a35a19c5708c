-- How often work failed that nobody waits for; it is tried again later, and set aside in the end.
alter table timer add column tries bigint not null default 0;
alter table digest add column tries bigint not null default 0;
alter table action_item add column nag_tries bigint not null default 0;
