-- what finished retros found wanting: the note that stands for a theme, and the first of its kind
create table theme (
    team_id text not null,
    channel_id text not null,
    retro_id integer not null references retro (id),
    note_id integer not null,
    -- the note of the theme that this one repeats; its own where it is new
    root integer not null,
    primary key (retro_id, note_id)
) strict, without rowid;

create index theme_root on theme (root);

-- what came up for the third time or more: who was asked about it, and what they said
create table escalation (
    team_id text not null,
    channel_id text not null,
    root integer not null,
    retro_id integer not null references retro (id),
    user_id text not null,
    -- JSON; null until they answer
    answers text,
    answered_by text,
    primary key (root, retro_id)
) strict, without rowid;

-- 'sent' or 'kept': what became of the short summary for the stakeholders' channels
alter table retro add column shared text;
