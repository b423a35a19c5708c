-- what finished retros found wanting: the note that stands for a theme, and the first of its kind
create table theme (
    team_id text collate "C" not null,
    channel_id text collate "C" not null,
    retro_id bigint not null references retro (id),
    note_id bigint not null,
    -- the note of the theme that this one repeats; its own where it is new
    root bigint not null,
    primary key (retro_id, note_id)
);

create index theme_root on theme (root);

-- what came up for the third time or more: who was asked about it, and what they said
create table escalation (
    team_id text collate "C" not null,
    channel_id text collate "C" not null,
    root bigint not null,
    retro_id bigint not null references retro (id),
    user_id text collate "C" not null,
    -- JSON; null until they answer
    answers text collate "C",
    answered_by text collate "C",
    primary key (root, retro_id)
);

-- 'sent' or 'kept': what became of the short summary for the stakeholders' channels
alter table retro add column shared text collate "C";
