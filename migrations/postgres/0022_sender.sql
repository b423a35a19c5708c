-- Which process sends, until when (Unix milliseconds on the database's clock), and how often that changed: whoever comes
-- back with an older number writes nothing. A file has one process, so that no time is kept for it.
alter table workspace add column sender text collate "C";
alter table workspace add column lease_until_ms bigint not null default 0;
alter table workspace add column fence bigint not null default 0;
-- which history of the database the sender saw: a standby that is promoted begins a new one
alter table workspace add column timeline bigint not null default 0;
-- the key of an open survey, sealed; only where no folder keeps it
alter table survey_key add column sealed bytea;

-- The statistics of a column hold values of its rows, also of rows that are gone: none are kept of what people wrote, nor of
-- who is meant by a message. https://www.postgresql.org/docs/current/planner-stats.html
alter table answer alter column body set statistics 0, alter column user_id set statistics 0;
alter table card alter column key set statistics 0, alter column what set statistics 0, alter column body set statistics 0,
    alter column lane set statistics 0, alter column parent set statistics 0;
alter table edit alter column body set statistics 0, alter column ts set statistics 0, alter column edited set statistics 0;
alter table errand alter column request set statistics 0, alter column sealed set statistics 0;
alter table insight alter column body set statistics 0;
alter table kudos alter column body set statistics 0, alter column to_user set statistics 0;
alter table note alter column body set statistics 0, alter column author set statistics 0,
    alter column source_ts set statistics 0, alter column link set statistics 0;
alter table sheet alter column alias set statistics 0, alter column body set statistics 0;
alter table survey_key alter column file set statistics 0, alter column sealed set statistics 0;
alter table vote alter column user_id set statistics 0;
