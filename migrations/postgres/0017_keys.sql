-- The keys themselves lie in files outside the data folder. Those of an earlier version are moved there at the next start.
alter table survey_key rename to old_survey_key;
-- which file holds the key of an open survey; doomed: the survey is over, and the file is still to be destroyed
create table survey_key (
    file text collate "C" primary key,
    retro_id bigint not null references retro (id),
    is_doomed boolean not null default false
);
create index survey_key_retro on survey_key (retro_id);
