-- When the server last saved that it runs, on Slack's time.
alter table installation add column heartbeat_ms integer;
-- Since when it is known that a newer copy of this database ran: no message leaves until a person says go on.
alter table installation add column frozen_ms integer;
-- Messages of this time may be in Slack and not here: a new one is looked for before it is posted.
alter table installation add column unknown_from_ms integer;
alter table installation add column unknown_to_ms integer;
-- The oldest schema that a program has to know to run on this one. https://sqlite.org/pragma.html#pragma_user_version
pragma user_version = 12;
