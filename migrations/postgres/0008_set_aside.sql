-- Work that could not be read is set aside, so that nothing waits behind it. It is tried again at the next start: a
-- newer version may be able to read it.
alter table timer add column is_aside boolean not null default false;
alter table errand add column is_aside boolean not null default false;
alter table action_item add column is_aside boolean not null default false;
alter table digest add column is_aside boolean not null default false;
alter table card add column is_aside boolean not null default false;
