-- When the server last saved that it runs, on Slack's time.
alter table installation add column heartbeat_ms bigint;
-- Since when it is known that a newer copy of this database ran: no message leaves until a person says go on.
alter table installation add column frozen_ms bigint;
-- Messages of this time may be in Slack and not here: a new one is looked for before it is posted.
alter table installation add column unknown_from_ms bigint;
alter table installation add column unknown_to_ms bigint;
-- The oldest schema that a program has to know to run on this one: SQLite keeps it in the header of its file.
create table schema_needs (
    version bigint primary key
);
insert into schema_needs (version) values (12);
