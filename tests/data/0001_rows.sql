-- rows as the first version left them in the middle of an anonymous survey
insert into workspace (team_id, name, url, bot_user_id, scopes, people_read_ms) values ('T0PLAY', 'Playground', 'https://playground.slack.com/', 'U11LOOK', 'commands', 0);
insert into person (team_id, user_id, name, tz, is_bot, is_deleted, is_external, is_admin, dm_channel) values
    ('T0PLAY', 'U01MARIA', 'maria', 'Europe/Berlin', 0, 0, 0, 1, null),
    ('T0PLAY', 'U03SAM', 'sam', 'America/New_York', 0, 0, 0, 0, 'D03SAM');
insert into channel (team_id, channel_id, name, is_archived, is_member, read_ms) values ('T0PLAY', 'C01REL', 'releases', 0, 1, 1);
insert into member (team_id, channel_id, user_id, is_present, seen_ms) values ('T0PLAY', 'C01REL', 'U01MARIA', 1, 1), ('T0PLAY', 'C01REL', 'U03SAM', 1, 1);
insert into retro (id, team_id, channel_id, version, phase, facilitator, facilitator_seen_ms, is_anonymous, is_async, length_min, closes_ms, zone, started_ms, rev)
    values (7, 'T0PLAY', 'C01REL', 'v1', 'collecting', 'U01MARIA', 1, 1, 0, 60, 4102444800000, 'Europe/Berlin', 1, 1);
insert into participant (retro_id, user_id, answer, copies) values (7, 'U03SAM', 'written', 0), (7, 'U02NOOR', 'written', 0), (7, 'U05JONAS', 'written', 1);
insert into answer (retro_id, user_id, question, body) values (7, 'U03SAM', 0, 'an old answer of sam'), (7, 'U03SAM', 4, '8'), (7, 'U02NOOR', 1, 'an old answer of noor'), (7, 'U05JONAS', 2, 'an old answer of jonas');
insert into kudos (id, team_id, channel_id, retro_id, to_user, from_user, body, at_ms) values (1, 'T0PLAY', 'C01REL', 7, 'U03SAM', 'U01MARIA', 'the calm', 1);
