-- A sheet for everybody who is asked, from the start on, all of one length; rewritten in its place, so that neither
-- their number nor their place in the file tells who wrote. Those of an earlier version are written anew at the next start.
alter table sheet rename to old_sheet;
-- what one person wrote in an open survey, or a spare one, sealed, under a name that only the survey's key can tell
create table sheet (
    id bigint generated always as identity primary key,
    retro_id bigint not null references retro (id),
    alias bytea not null,
    body bytea not null
);
create unique index sheet_alias on sheet (retro_id, alias);
