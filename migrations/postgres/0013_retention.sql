-- When what people wrote was removed, because the retention period was over.
alter table retro add column forgotten_ms bigint;
create index retro_old on retro (phase, ended_ms) where forgotten_ms is null;
-- What is asked for by its author, and the notes of one theme: without these, every look would read all notes.
create index note_author on note (team_id, author) where author is not null;
create index note_topic on note (topic_id) where topic_id is not null;
