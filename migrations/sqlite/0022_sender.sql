-- Which process sends, until when (Unix milliseconds on the database's clock), and how often that changed: whoever comes
-- back with an older number writes nothing. A file has one process, so that no time is kept for it.
alter table workspace add column sender text;
alter table workspace add column lease_until_ms integer not null default 0;
alter table workspace add column fence integer not null default 0;
-- which history of the database the sender saw: a standby that is promoted begins a new one
alter table workspace add column timeline integer not null default 0;
-- the key of an open survey, sealed; only where no folder keeps it
alter table survey_key add column sealed blob;
