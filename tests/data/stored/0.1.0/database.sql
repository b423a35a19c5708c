BEGIN TRANSACTION;
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);
INSERT INTO "_sqlx_migrations" VALUES(1,'first','2026-11-28 17:51:21',1,X'A367BE1E7D279849D5E5D1095DC12FC8B5FD583755190BF80F625BC2BB4C4D6225C161481851CABA5C57D39A740122E5',1584447);
INSERT INTO "_sqlx_migrations" VALUES(2,'safe and close','2026-11-28 17:51:21',1,X'69D0BF9DAD0E57081D4D80B30262A3A410AA63657D622520702AAB8D6D30E7B823DAD26A17D7D355768DE466DD683CE4',3167661);
INSERT INTO "_sqlx_migrations" VALUES(3,'follow through','2026-11-28 17:51:21',1,X'7BE406C41E50B0C16AED5F881F2481B506A48B4CE4607EA47B3FFFBA46D683FA64E85C6595CAE76F08E25C62102BAB40',2309585);
INSERT INTO "_sqlx_migrations" VALUES(4,'releases','2026-11-28 17:51:21',1,X'169E2317ED0E356BBAD780E186302F922939C41F27C1DBD50923C841A50886D6DC21D934EA8057061A5DBC8B7D2FF366',495713);
INSERT INTO "_sqlx_migrations" VALUES(5,'pipelines','2026-11-28 17:51:21',1,X'FA8C75F9886000B0577BAD02AC6631975EFB9F766A2CCFAB1AAA48F499AC290332971D2059A4F25D8D4B03BB3145F355',916264);
INSERT INTO "_sqlx_migrations" VALUES(6,'seen before','2026-11-28 17:51:21',1,X'A38EE2B0E1A8A83FF2B4ADE850DE30901ECC5045B05E52E7FB367E716916EDCFBC428E7DEABD0883B3EEE11FAC5F169D',744036);
INSERT INTO "_sqlx_migrations" VALUES(7,'meetings','2026-11-28 17:51:21',1,X'4A6BB5D0EF18C8474F30A55E569F41A96E08D48AAA1B905F19C7C6E65E994AAFD3796BB618A5C47CC54A822CB0C3AD22',1258608);
CREATE TABLE action_item (
    team_id text not null,
    channel_id text not null,
    number integer not null,
    retro_id integer references retro (id),
    body text not null,
    owner text not null,
    -- '2026-12-01', '2026-12-01T15:00', 'next', 'next:2026-12-20'
    due text not null,
    zone text not null,
    priority text not null,
    why text,
    state text not null,
    outcome text,
    closed_by text,
    created_ms integer not null,
    closed_ms integer, metric text, snoozed text, snoozed_because text, blocked text, offered text, slipped integer not null default 0, nag_day text, nagged_day text, nag_ms integer,
    primary key (team_id, channel_id, number)
) strict, without rowid;
INSERT INTO "action_item" VALUES('T0PLAY','C01REL',1,3854854133270809,'Automate the smoke tests','U02NOOR','2026-12-04','Europe/Berlin','high','they are slow','open',NULL,NULL,1795165215340,NULL,NULL,NULL,NULL,NULL,NULL,0,'2026-12-01',NULL,1796113800000);
CREATE TABLE answer (
    retro_id integer not null references retro (id),
    user_id text not null,
    question integer not null,
    body text not null,
    primary key (retro_id, user_id, question)
) strict, without rowid;
CREATE TABLE backoff (
    team_id text not null,
    method text not null,
    until_ms integer not null,
    primary key (team_id, method)
) strict, without rowid;
CREATE TABLE brake (
    team_id text primary key,
    since_ms integer not null
) strict;
CREATE TABLE card (
    team_id text not null,
    key text not null,
    -- what it shows (a retro's card) or carries (a reply), as JSON
    what text not null,
    -- the reply's words; emptied once sent
    body text,
    retro_id integer,
    lane text not null,
    priority integer not null,
    wanted integer not null,
    sent integer not null,
    -- idle, sending, doubt, parked, dead
    state text not null,
    attempts integer not null,
    due_ms integer not null,
    started_ms integer,
    -- looks into the history since the message is in doubt
    looks integer not null,
    -- falls back to plain text after Slack refused the blocks
    is_plain integer not null,
    ts text,
    posted_in text,
    file_id text,
    error text,
    made_ms integer not null, shown text,
    primary key (team_id, key)
) strict, without rowid;
INSERT INTO "card" VALUES('T0PLAY','agenda/3164773148395564','{"card":{"Agenda":3164773148395564}}',NULL,3164773148395564,'C01REL',1,2,2,'idle',0,0,1795165234016,0,0,'1795165224.678001','C01REL',NULL,NULL,1795165224678,'d7515c10e230ef19b0e22a903ffd06aaacb64e6a24847f404adf22533da58d31');
INSERT INTO "card" VALUES('T0PLAY','agenda/3854854133270809','{"card":{"Agenda":3854854133270809}}',NULL,3854854133270809,'C01REL',1,3,3,'idle',0,0,1795165219342,0,0,'1795165203.334001','C01REL',NULL,NULL,1795165203334,'62568eb45642d1b25ea72dcf6b2179d7bacc2dd301ac93b674539092013b9477');
INSERT INTO "card" VALUES('T0PLAY','begun/3164773148395564','{"card":{"Begun":3164773148395564}}',NULL,3164773148395564,'C01REL',1,1,1,'idle',0,0,1795165231348,0,0,'1795165231.348001','C01REL',NULL,NULL,1795165231348,'5a7e36754fbf539f7bbf6c635f89e2a0a40decfb6b18f38afc34711426289c24');
INSERT INTO "card" VALUES('T0PLAY','document/3854854133270809','{"card":{"Document":3854854133270809}}',NULL,3854854133270809,'C01REL',1,1,1,'idle',0,0,1795165217674,0,0,'F166','C01REL','F166',NULL,1795165216674,NULL);
INSERT INTO "card" VALUES('T0PLAY','facts/3164773148395564','{"card":{"Facts":3164773148395564}}',NULL,3164773148395564,'C01REL',1,1,1,'idle',0,0,1795165225678,0,0,NULL,NULL,NULL,NULL,1795165224678,NULL);
INSERT INTO "card" VALUES('T0PLAY','facts/3854854133270809','{"card":{"Facts":3854854133270809}}',NULL,3854854133270809,'C01REL',1,1,1,'idle',0,0,1795165204334,0,0,NULL,NULL,NULL,NULL,1795165203334,NULL);
INSERT INTO "card" VALUES('T0PLAY','health/3854854133270809/U01MARIA','{"card":{"Health":{"retro":3854854133270809,"user":"U01MARIA"}}}',NULL,3854854133270809,'U01MARIA',1,1,1,'idle',0,0,1795165216674,0,0,'1795165216.674002','D01MARIA',NULL,NULL,1795165216674,NULL);
INSERT INTO "card" VALUES('T0PLAY','kickoff/3164773148395564','{"card":{"Kickoff":3164773148395564}}',NULL,3164773148395564,'C01REL',1,5,5,'idle',0,0,1795165232682,0,0,'1795165219.342002','C01REL',NULL,NULL,1795165219342,'bbb380f4d0170019b5dca72e68e77b6c4e6c277152c40fbbf78e263f86eeda84');
INSERT INTO "card" VALUES('T0PLAY','kickoff/3854854133270809','{"card":{"Kickoff":3854854133270809}}',NULL,3854854133270809,'C01REL',1,6,6,'idle',0,0,1795165218008,0,0,'1795165200.000004','C01REL',NULL,NULL,1795165200000,'bfaf3fa41a6810d8671e6f06203f3aa859ae67bc5c9f1df10baa56ab13a34e76');
INSERT INTO "card" VALUES('T0PLAY','kickoff/5779455532325135','{"card":{"Kickoff":5779455532325135}}',NULL,5779455532325135,'C01REL',1,2,2,'idle',0,0,1795165238018,0,0,'1795165236.684003','C01REL',NULL,NULL,1795165236684,'b4d9443133a533c2418b4177d70a9fe7734cb2c384722994a68037fdebfd6f96');
INSERT INTO "card" VALUES('T0PLAY','meeting/3164773148395564','{"card":{"MeetingTime":3164773148395564}}',NULL,3164773148395564,'C01REL',1,1,1,'idle',0,0,1795165232348,0,0,'1795165232.348000','C01REL',NULL,NULL,1795165231348,'52823d72a29d21407470204a4738bfabbc1552b4beaea8c6c43c47cfb417a1dd');
INSERT INTO "card" VALUES('T0PLAY','meeting/3164773148395564/U01MARIA','{"card":{"MeetingTimeDm":{"retro":3164773148395564,"user":"U01MARIA"}}}',NULL,3164773148395564,'U01MARIA',1,1,1,'idle',0,0,1795165231348,0,0,'1795165231.348002','D01MARIA',NULL,NULL,1795165231348,NULL);
INSERT INTO "card" VALUES('T0PLAY','preview/3854854133270809/U01MARIA','{"card":{"Preview":{"retro":3854854133270809,"user":"U01MARIA"}}}',NULL,3854854133270809,'U01MARIA',1,1,1,'idle',0,0,1795165217674,0,0,NULL,NULL,NULL,NULL,1795165216674,NULL);
INSERT INTO "card" VALUES('T0PLAY','reply/0ec3139f59b79633747c00fc9486e88322f376b85508131c16aec28108f8a0fd','{"reply":{"ephemeral":{"channel":"C01REL","user":"U01MARIA","thread":null}}}',NULL,NULL,'C01REL/U01MARIA',0,1,1,'idle',0,0,1795165200000,0,0,NULL,NULL,NULL,NULL,1795165200000,NULL);
INSERT INTO "card" VALUES('T0PLAY','reply/0fb33ef9fa5db30a6324e0cb74c3bafe3ab6b68de63dcda40d232f541f91ea93','{"reply":{"hook":{"url":"http://127.0.0.1:37767/respond/h24","replace":false,"user":"U01MARIA"}}}',NULL,NULL,'hook/0fb33ef9fa5db30a6324e0cb74c3bafe3ab6b68de63dcda40d232f541f91ea93',0,1,1,'idle',0,0,1795165200000,0,0,NULL,NULL,NULL,NULL,1795165200000,NULL);
INSERT INTO "card" VALUES('T0PLAY','reply/3081fcb62ba395b2ad92c441a8b61e093042c8bfd95524484fbc498b379a6f1f','{"reply":{"hook":{"url":"http://127.0.0.1:37767/respond/h344","replace":false,"user":"U05JONAS"}}}',NULL,NULL,'hook/3081fcb62ba395b2ad92c441a8b61e093042c8bfd95524484fbc498b379a6f1f',0,1,1,'idle',0,0,1795165236684,0,0,NULL,NULL,NULL,NULL,1795165236684,NULL);
INSERT INTO "card" VALUES('T0PLAY','reply/7f50a376a2d48937dbeadd01a01e75c66ef84096c8b764bf42bffa263d2824b0','{"reply":{"hook":{"url":"http://127.0.0.1:37767/respond/h188","replace":false,"user":"U01MARIA"}}}',NULL,NULL,'hook/7f50a376a2d48937dbeadd01a01e75c66ef84096c8b764bf42bffa263d2824b0',0,1,1,'idle',0,0,1795165219342,0,0,NULL,NULL,NULL,NULL,1795165219342,NULL);
INSERT INTO "card" VALUES('T0PLAY','reply/a33c7e9368bc9a9d521f7cb786261e5e8120808f37ee69874375b0063590d630','{"reply":{"hook":{"url":"http://127.0.0.1:37767/respond/h347","replace":false,"user":"U01MARIA"}}}',NULL,NULL,'hook/a33c7e9368bc9a9d521f7cb786261e5e8120808f37ee69874375b0063590d630',0,1,1,'idle',0,0,1795165236684,0,0,NULL,NULL,NULL,NULL,1795165236684,NULL);
INSERT INTO "card" VALUES('T0PLAY','stage/3164773148395564/0/00','{"card":{"Stage":{"retro":3164773148395564,"part":0,"page":0}}}',NULL,3164773148395564,'C01REL',1,2,2,'idle',0,0,1795165235350,0,0,'1795165233.348000','C01REL',NULL,NULL,1795165231348,'50b8f5942a1ea2b8fa37f7446dc66b27e8398590fddaf797b780a09a73f38926');
INSERT INTO "card" VALUES('T0PLAY','stage/3164773148395564/1/00','{"card":{"Stage":{"retro":3164773148395564,"part":1,"page":0}}}',NULL,3164773148395564,'C01REL',1,2,2,'idle',0,0,1795165236684,0,0,'1795165234.348000','C01REL',NULL,NULL,1795165234016,'5eb6fdf84bd5c9a605fdee1d49dafb987447613a93ef5ad7cf0d0210b17b136e');
INSERT INTO "card" VALUES('T0PLAY','stage/3164773148395564/2/00','{"card":{"Stage":{"retro":3164773148395564,"part":2,"page":0}}}',NULL,3164773148395564,'C01REL',1,1,1,'idle',0,0,1795165235350,0,0,'1795165235.350001','C01REL',NULL,NULL,1795165235350,'5859d092d42b00335b29acb3fdba44b465e97120db679cec95c631603b304dd3');
INSERT INTO "card" VALUES('T0PLAY','summary/3854854133270809','{"card":{"Summary":3854854133270809}}',NULL,3854854133270809,'C01REL',1,1,1,'idle',0,0,1795165216674,0,0,'1795165216.674003','C01REL',NULL,NULL,1795165216674,'649e787548eaa50a6285a8b1624a3978ba323f3826126309005861c418e4b7d5');
INSERT INTO "card" VALUES('T0PLAY','survey/3164773148395564/U01MARIA/0','{"card":{"Survey":{"retro":3164773148395564,"user":"U01MARIA","copy":0,"nudge":false}}}',NULL,3164773148395564,'U01MARIA',2,2,2,'idle',0,0,1795165227346,0,0,'1795165219.342003','D01MARIA',NULL,NULL,1795165219342,NULL);
INSERT INTO "card" VALUES('T0PLAY','survey/3164773148395564/U02NOOR/0','{"card":{"Survey":{"retro":3164773148395564,"user":"U02NOOR","copy":0,"nudge":false}}}',NULL,3164773148395564,'U02NOOR',2,3,3,'idle',0,0,1795165228680,0,0,'1795165219.342004','D02NOOR',NULL,NULL,1795165219342,NULL);
INSERT INTO "card" VALUES('T0PLAY','survey/3164773148395564/U03SAM/0','{"card":{"Survey":{"retro":3164773148395564,"user":"U03SAM","copy":0,"nudge":false}}}',NULL,3164773148395564,'U03SAM',2,2,2,'idle',0,0,1795165230014,0,0,'1795165219.342005','D03SAM',NULL,NULL,1795165219342,NULL);
INSERT INTO "card" VALUES('T0PLAY','survey/3164773148395564/U05JONAS/0','{"card":{"Survey":{"retro":3164773148395564,"user":"U05JONAS","copy":0,"nudge":false}}}',NULL,3164773148395564,'U05JONAS',2,3,3,'idle',0,0,1795165231348,0,0,'1795165219.342006','D05JONAS',NULL,NULL,1795165219342,NULL);
INSERT INTO "card" VALUES('T0PLAY','survey/3854854133270809/U01MARIA/0','{"card":{"Survey":{"retro":3854854133270809,"user":"U01MARIA","copy":0,"nudge":false}}}',NULL,3854854133270809,'U01MARIA',2,3,3,'idle',0,0,1795165206002,0,0,'1795165200.250000','D01MARIA',NULL,NULL,1795165200000,NULL);
INSERT INTO "card" VALUES('T0PLAY','survey/3854854133270809/U02NOOR/0','{"card":{"Survey":{"retro":3854854133270809,"user":"U02NOOR","copy":0,"nudge":false}}}',NULL,3854854133270809,'U02NOOR',2,3,3,'idle',0,0,1795165207336,0,0,'1795165200.500000','D02NOOR',NULL,NULL,1795165200000,NULL);
INSERT INTO "card" VALUES('T0PLAY','survey/3854854133270809/U03SAM/0','{"card":{"Survey":{"retro":3854854133270809,"user":"U03SAM","copy":0,"nudge":false}}}',NULL,3854854133270809,'U03SAM',2,3,3,'idle',0,0,1795165208670,0,0,'1795165200.750000','D03SAM',NULL,NULL,1795165200000,NULL);
INSERT INTO "card" VALUES('T0PLAY','survey/3854854133270809/U04PRIYA/0','{"card":{"Survey":{"retro":3854854133270809,"user":"U04PRIYA","copy":0,"nudge":false}}}',NULL,3854854133270809,'U04PRIYA',2,2,2,'idle',0,0,1795165210004,0,0,'1795165201.000000','D04PRIYA',NULL,NULL,1795165200000,NULL);
INSERT INTO "card" VALUES('T0PLAY','survey/3854854133270809/U05JONAS/0','{"card":{"Survey":{"retro":3854854133270809,"user":"U05JONAS","copy":0,"nudge":false}}}',NULL,3854854133270809,'U05JONAS',2,2,2,'idle',0,0,1795165211338,0,0,'1795165201.250000','D05JONAS',NULL,NULL,1795165200000,NULL);
INSERT INTO "card" VALUES('T0PLAY','survey/3854854133270809/U06LENA/0','{"card":{"Survey":{"retro":3854854133270809,"user":"U06LENA","copy":0,"nudge":false}}}',NULL,3854854133270809,'U06LENA',2,2,2,'idle',0,0,1795165212672,0,0,'1795165201.500000','D06LENA',NULL,NULL,1795165200000,NULL);
INSERT INTO "card" VALUES('T0PLAY','survey/3854854133270809/U07TOMAS/0','{"card":{"Survey":{"retro":3854854133270809,"user":"U07TOMAS","copy":0,"nudge":false}}}',NULL,3854854133270809,'U07TOMAS',2,2,2,'idle',0,0,1795165214006,0,0,'1795165201.750000','D07TOMAS',NULL,NULL,1795165200000,NULL);
INSERT INTO "card" VALUES('T0PLAY','survey/3854854133270809/U08GUEST/0','{"card":{"Survey":{"retro":3854854133270809,"user":"U08GUEST","copy":0,"nudge":false}}}',NULL,3854854133270809,'U08GUEST',2,2,2,'idle',0,0,1795165215340,0,0,'1795165202.000000','D08GUEST',NULL,NULL,1795165200000,NULL);
INSERT INTO "card" VALUES('T0PLAY','survey/5779455532325135/U01MARIA/0','{"card":{"Survey":{"retro":5779455532325135,"user":"U01MARIA","copy":0,"nudge":false}}}',NULL,5779455532325135,'U01MARIA',2,1,1,'idle',0,0,1795165236684,0,0,'1795165236.684004','D01MARIA',NULL,NULL,1795165236684,NULL);
INSERT INTO "card" VALUES('T0PLAY','survey/5779455532325135/U02NOOR/0','{"card":{"Survey":{"retro":5779455532325135,"user":"U02NOOR","copy":0,"nudge":false}}}',NULL,5779455532325135,'U02NOOR',2,1,1,'idle',0,0,1795165236684,0,0,'1795165236.684005','D02NOOR',NULL,NULL,1795165236684,NULL);
INSERT INTO "card" VALUES('T0PLAY','survey/5779455532325135/U03SAM/0','{"card":{"Survey":{"retro":5779455532325135,"user":"U03SAM","copy":0,"nudge":false}}}',NULL,5779455532325135,'U03SAM',2,1,1,'idle',0,0,1795165236684,0,0,'1795165236.684006','D03SAM',NULL,NULL,1795165236684,NULL);
INSERT INTO "card" VALUES('T0PLAY','survey/5779455532325135/U04PRIYA/0','{"card":{"Survey":{"retro":5779455532325135,"user":"U04PRIYA","copy":0,"nudge":false}}}',NULL,5779455532325135,'U04PRIYA',2,2,2,'idle',0,0,1795165239352,0,0,'1795165236.684007','D04PRIYA',NULL,NULL,1795165236684,NULL);
INSERT INTO "card" VALUES('T0PLAY','survey/5779455532325135/U05JONAS/0','{"card":{"Survey":{"retro":5779455532325135,"user":"U05JONAS","copy":0,"nudge":false}}}',NULL,5779455532325135,'U05JONAS',2,1,1,'idle',0,0,1795165236684,0,0,'1795165236.684008','D05JONAS',NULL,NULL,1795165236684,NULL);
INSERT INTO "card" VALUES('T0PLAY','survey/5779455532325135/U06LENA/0','{"card":{"Survey":{"retro":5779455532325135,"user":"U06LENA","copy":0,"nudge":false}}}',NULL,5779455532325135,'U06LENA',2,1,1,'idle',0,0,1795165236684,0,0,'1795165236.684009','D06LENA',NULL,NULL,1795165236684,NULL);
INSERT INTO "card" VALUES('T0PLAY','survey/5779455532325135/U07TOMAS/0','{"card":{"Survey":{"retro":5779455532325135,"user":"U07TOMAS","copy":0,"nudge":false}}}',NULL,5779455532325135,'U07TOMAS',2,1,1,'idle',0,0,1795165236684,0,0,'1795165236.684010','D07TOMAS',NULL,NULL,1795165236684,NULL);
INSERT INTO "card" VALUES('T0PLAY','survey/5779455532325135/U08GUEST/0','{"card":{"Survey":{"retro":5779455532325135,"user":"U08GUEST","copy":0,"nudge":false}}}',NULL,5779455532325135,'U08GUEST',2,1,1,'idle',0,0,1795165236684,0,0,'1795165236.684011','D08GUEST',NULL,NULL,1795165236684,NULL);
CREATE TABLE channel (
    team_id text not null,
    channel_id text not null,
    name text not null,
    is_archived integer not null,
    is_member integer not null,
    -- when it and its members were read from Slack
    read_ms integer not null,
    primary key (team_id, channel_id)
) strict;
INSERT INTO "channel" VALUES('T0PLAY','C01REL','releases',0,1,1795165236684);
CREATE TABLE channel_config (
    team_id text not null,
    channel_id text not null,
    body text not null,
    primary key (team_id, channel_id)
) strict, without rowid;
INSERT INTO "channel_config" VALUES('T0PLAY','C01REL','{"questions":[{"text":"What went well in this release?","kind":{"text":"well"}},{"text":"What could have been better?","kind":{"text":"improve"}},{"text":"What surprised you?","kind":{"text":"surprise"}},{"text":"What would you change for next time?","kind":{"text":"change"}},{"text":"On a scale of 1-10, how smooth was this release?","kind":"scale"},{"text":"Any other thoughts?","kind":{"text":"other"}}],"length":60,"window_days":2,"soak_hours":24,"anonymous":true,"threshold":3,"hours":{"from":540,"to":1080,"weekend":[5,6],"holidays":[]},"zone":null,"emoji":"bulb","stakeholders":[],"escalate_to":null,"sprint":null}');
CREATE TABLE digest (
    team_id text not null,
    channel_id text not null,
    due_ms integer not null,
    primary key (team_id, channel_id)
) strict, without rowid;
INSERT INTO "digest" VALUES('T0PLAY','C01REL',1795424400000);
CREATE TABLE errand (
    id integer primary key,
    team_id text not null,
    request text not null,
    due_ms integer not null,
    attempts integer not null,
    made_ms integer not null
) strict;
CREATE TABLE escalation (
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
CREATE TABLE inbox (
    team_id text not null,
    key text not null,
    reply text not null,
    at_ms integer not null,
    primary key (team_id, key)
) strict, without rowid;
INSERT INTO "inbox" VALUES('T0PLAY','01158bb8700feb305a85011684f1b7c80d7d8bc4e43af2ba17cf1d876cf36fc4','',1795165202000);
INSERT INTO "inbox" VALUES('T0PLAY','0ebf0ae90b44deca3f5b393bd23c48db5c1bdbb765ec9d7bf6602210d7b9d6ac','{"blocks":[{"text":{"text":"The survey of *v2.0.0* is closed with 3 of 8 answers, and the agenda is on its way. It would have been open until Sun 22 Nov 2026, 17:00 (Europe/Berlin); a close cannot be undone, but notes are welcome: `/retro note`.","type":"mrkdwn","verbatim":true},"type":"section"}],"response_type":"ephemeral","text":"The survey of *v2.0.0* is closed with 3 of 8 answers, and the agenda is on its way. It would have been open until Sun 22 Nov 2026, 17:00 (Europe/Berlin); a close cannot be undone, but notes are welcome: `/retro note`."}',1795165203334);
INSERT INTO "inbox" VALUES('T0PLAY','0ec3139f59b79633747c00fc9486e88322f376b85508131c16aec28108f8a0fd','',1795165200000);
INSERT INTO "inbox" VALUES('T0PLAY','0fb33ef9fa5db30a6324e0cb74c3bafe3ab6b68de63dcda40d232f541f91ea93','{"blocks":[{"text":{"text":"One moment: I am looking up who is in this channel.","type":"mrkdwn","verbatim":true},"type":"section"}],"response_type":"ephemeral","text":"One moment: I am looking up who is in this channel."}',1795165200000);
INSERT INTO "inbox" VALUES('T0PLAY','1df000cd2762bf1f7f17f78c3699490ef720851349c30cd4305110b2552afe80','{"blocks":[{"text":{"text":"Noted for *v2.2.0* under “What could be improved”, without your name. It stays sealed until the survey closes, and cannot be edited later.","type":"mrkdwn","verbatim":true},"type":"section"}],"response_type":"ephemeral","text":"Noted for *v2.2.0* under “What could be improved”, without your name. It stays sealed until the survey closes, and cannot be edited later."}',1795165239352);
INSERT INTO "inbox" VALUES('T0PLAY','2dd1687cf8ac6846183290d335865dd4b5fc432db99346f56064179e673ec6df','',1795165222010);
INSERT INTO "inbox" VALUES('T0PLAY','2dd9ba00ea7eb8f3d664f4c86c5aa5db93ff3a7817f4fa6b747b50e837ccb6c4','',1795165202000);
INSERT INTO "inbox" VALUES('T0PLAY','2f07636cb6026670be3db765f4f6600bdd5ce655086d8a4dffbcb5040058d660','{"blocks":[{"text":{"text":"The survey of *v2.1.0* is closed with 2 of 4 answers, and the agenda is on its way. It would have been open until Sun 22 Nov 2026, 17:00 (Europe/Berlin); a close cannot be undone, but notes are welcome: `/retro note`.","type":"mrkdwn","verbatim":true},"type":"section"}],"response_type":"ephemeral","text":"The survey of *v2.1.0* is closed with 2 of 4 answers, and the agenda is on its way. It would have been open until Sun 22 Nov 2026, 17:00 (Europe/Berlin); a close cannot be undone, but notes are welcome: `/retro note`."}',1795165224678);
INSERT INTO "inbox" VALUES('T0PLAY','3081fcb62ba395b2ad92c441a8b61e093042c8bfd95524484fbc498b379a6f1f','',1795165236684);
INSERT INTO "inbox" VALUES('T0PLAY','4ad8915274ad5089f320f4bf82bb9dbc2886896bbceb26f5fb69ca78cae10061','{"blocks":[{"text":{"text":"Lovely. It will be read out in the summary: <@U04PRIYA> for the calm rollback.","type":"mrkdwn","verbatim":true},"type":"section"}],"response_type":"ephemeral","text":"Lovely. It will be read out in the summary: <@U04PRIYA> for the calm rollback."}',1795165216674);
INSERT INTO "inbox" VALUES('T0PLAY','67e618afda1ec25a3f92f64f8ac8b3fc87eabfb4572eaa236e4f77ea9fc421fd','',1795165236684);
INSERT INTO "inbox" VALUES('T0PLAY','7d7d9378823b091ce49039e8da757d9eb93aa97d0280bab9297a1606968e418e','{"blocks":[{"text":{"text":"One moment: I am looking up who is in this channel.","type":"mrkdwn","verbatim":true},"type":"section"}],"response_type":"ephemeral","text":"One moment: I am looking up who is in this channel."}',1795165200000);
INSERT INTO "inbox" VALUES('T0PLAY','7f21a344aff15adf4d64f7b5d8fa3b6599b1e62a61622f8c3ac2a3510186302e','',1795165202000);
INSERT INTO "inbox" VALUES('T0PLAY','7f50a376a2d48937dbeadd01a01e75c66ef84096c8b764bf42bffa263d2824b0','{"blocks":[{"text":{"text":"One moment: I am looking up who is in this channel.","type":"mrkdwn","verbatim":true},"type":"section"}],"response_type":"ephemeral","text":"One moment: I am looking up who is in this channel."}',1795165219342);
INSERT INTO "inbox" VALUES('T0PLAY','8d7bb271dea6a1affae8080a1708876419033e3f58f04d29b388f641785feb00','{"blocks":[{"text":{"text":"Now: “What could be improved” of *v2.1.0*.","type":"mrkdwn","verbatim":true},"type":"section"}],"response_type":"ephemeral","text":"Now: “What could be improved” of *v2.1.0*."}',1795165235350);
INSERT INTO "inbox" VALUES('T0PLAY','92397726486254f3be645b0cb92e5c5907f109a5e2da9fb5cbd7ce827581d6db','{"blocks":[{"text":{"text":"Now: “What went well” of *v2.1.0*.","type":"mrkdwn","verbatim":true},"type":"section"}],"response_type":"ephemeral","text":"Now: “What went well” of *v2.1.0*."}',1795165234016);
INSERT INTO "inbox" VALUES('T0PLAY','93f231f63595fd5a1e82876cf426d78560ad655cf72ba74ee7b8495bc00583ad','',1795165202000);
INSERT INTO "inbox" VALUES('T0PLAY','9c4f7ff9a2fbb206b06131570658d8c3289456b86b4a9b6694a6f774d0f6c93d','{"blocks":[{"text":{"text":"Action item *#1* Automate the smoke tests (<@U02NOOR>, due Fri 4 Dec 2026, high).","type":"mrkdwn","verbatim":true},"type":"section"}],"response_type":"ephemeral","text":"Action item *#1* Automate the smoke tests (<@U02NOOR>, due Fri 4 Dec 2026, high)."}',1795165215340);
INSERT INTO "inbox" VALUES('T0PLAY','a33c7e9368bc9a9d521f7cb786261e5e8120808f37ee69874375b0063590d630','{"blocks":[{"text":{"text":"One moment: I am looking up who is in this channel.","type":"mrkdwn","verbatim":true},"type":"section"}],"response_type":"ephemeral","text":"One moment: I am looking up who is in this channel."}',1795165236684);
INSERT INTO "inbox" VALUES('T0PLAY','a511d7f68bb604915a2118bd4b5dfb1262dfa623da9e39ef16cb239bc245a13f','',1795165222010);
INSERT INTO "inbox" VALUES('T0PLAY','ac36afc21ad00fb1151c0f127d2b6826a3ab22fbee0e8993abead759f5139515','',1795165202000);
INSERT INTO "inbox" VALUES('T0PLAY','b0296b97d5d82eae4832d96be230cdaf7013e4b972f41a0972b50d42fd1045f2','',1795165202000);
INSERT INTO "inbox" VALUES('T0PLAY','bcd5a5e8fc92ae1546b0e2ec9dcbdd671f57c23bc877d2bd455e71f48b96e28d','{"blocks":[{"text":{"text":"*v2.0.0* is finished: the summary goes to the channel, the document into its thread. Thank you!","type":"mrkdwn","verbatim":true},"type":"section"}],"response_type":"ephemeral","text":"*v2.0.0* is finished: the summary goes to the channel, the document into its thread. Thank you!"}',1795165216674);
INSERT INTO "inbox" VALUES('T0PLAY','cf95ae3f4719d240df7754b5d8c918cdcf2b964151f617f12aabca9f5f99a78e','{"blocks":[{"text":{"text":"The meeting of *v2.1.0* begins in the agenda''s thread: six stages in 60 minutes, and only you or a workspace admin move them on.","type":"mrkdwn","verbatim":true},"type":"section"}],"response_type":"ephemeral","text":"The meeting of *v2.1.0* begins in the agenda''s thread: six stages in 60 minutes, and only you or a workspace admin move them on."}',1795165231348);
INSERT INTO "inbox" VALUES('T0PLAY','db2d239cc9251a89989862752f2abd65582e7e34ea1472364f47ced70541ea4c','',1795165236684);
INSERT INTO "inbox" VALUES('T0PLAY','e659ce5178788e5840f929b73936852111be973429597af3a74e75d0e081d984','',1795165219342);
INSERT INTO "inbox" VALUES('T0PLAY','f32199933983df656dd8a7c2d54d78bd099b6648e0fe0cf5a0ad872c637bc68b','',1795165219342);
CREATE TABLE insight (
    id integer primary key,
    retro_id integer not null references retro (id),
    topic_id integer not null,
    body text not null,
    is_hidden integer not null default 0
) strict;
CREATE TABLE installation (
    id integer primary key check (id = 1),
    key_mark text not null
) strict;
INSERT INTO "installation" VALUES(1,'721c16925d26b22954417b60d980ca3e');
CREATE TABLE kudos (
    id integer primary key,
    team_id text not null,
    channel_id text not null,
    retro_id integer references retro (id),
    to_user text not null,
    body text not null) strict;
INSERT INTO "kudos" VALUES(1712398474971097,'T0PLAY','C01REL',3854854133270809,'U04PRIYA','the calm rollback');
CREATE TABLE meeting (
    retro_id integer primary key references retro (id),
    team_id text not null,
    body text not null,
    rev integer not null
) strict;
INSERT INTO "meeting" VALUES(3164773148395564,'T0PLAY','{"at":2,"began":"2026-11-20T09:00:31.348Z","opened":"2026-11-20T09:00:35.350Z","ends":"2026-11-20T09:18:35.350Z","paused":null,"paused_by":null,"moved_by":"U01MARIA","stood":0,"counted":false,"stays":false,"planned":[240,840,1080,420,840,180],"took":[2,1]}',3);
CREATE TABLE member (
    team_id text not null,
    channel_id text not null,
    user_id text not null,
    is_present integer not null,
    seen_ms integer not null,
    primary key (team_id, channel_id, user_id)
) strict;
INSERT INTO "member" VALUES('T0PLAY','C01REL','U01MARIA',1,1795165236684);
INSERT INTO "member" VALUES('T0PLAY','C01REL','U02NOOR',1,1795165236684);
INSERT INTO "member" VALUES('T0PLAY','C01REL','U03SAM',1,1795165236684);
INSERT INTO "member" VALUES('T0PLAY','C01REL','U04PRIYA',1,1795165236684);
INSERT INTO "member" VALUES('T0PLAY','C01REL','U05JONAS',1,1795165236684);
INSERT INTO "member" VALUES('T0PLAY','C01REL','U06LENA',1,1795165236684);
INSERT INTO "member" VALUES('T0PLAY','C01REL','U07TOMAS',1,1795165236684);
INSERT INTO "member" VALUES('T0PLAY','C01REL','U08GUEST',1,1795165236684);
INSERT INTO "member" VALUES('T0PLAY','C01REL','U09GONE',1,1795165236684);
INSERT INTO "member" VALUES('T0PLAY','C01REL','U10BUILD',1,1795165236684);
INSERT INTO "member" VALUES('T0PLAY','C01REL','U11LOOK',1,1795165236684);
CREATE TABLE nag (
    team_id text not null,
    owner text not null,
    day text not null,
    channel_id text not null,
    number integer not null,
    primary key (team_id, owner, day, channel_id, number)
) strict, without rowid;
CREATE TABLE note (
    id integer primary key,
    team_id text not null,
    channel_id text not null,
    retro_id integer references retro (id),
    stage text not null,
    author text,
    body text not null
, link text, source_ts text, is_hidden integer not null default 0, topic_id integer) strict;
INSERT INTO "note" VALUES(496834615641664,'T0PLAY','C01REL',3164773148395564,'well','U02NOOR','smooth deploy',NULL,NULL,0,NULL);
INSERT INTO "note" VALUES(1119980829634920,'T0PLAY','C01REL',3854854133270809,'well',NULL,'calm deploy',NULL,NULL,0,NULL);
INSERT INTO "note" VALUES(2364681818472128,'T0PLAY','C01REL',3854854133270809,'improve',NULL,'The backup took an hour',NULL,NULL,0,NULL);
INSERT INTO "note" VALUES(5293557813608112,'T0PLAY','C01REL',3854854133270809,'improve',NULL,'Backups took an hour',NULL,NULL,0,NULL);
INSERT INTO "note" VALUES(5389503733648728,'T0PLAY','C01REL',3164773148395564,'surprise','U05JONAS','Users loved it',NULL,NULL,0,NULL);
INSERT INTO "note" VALUES(5698389953904801,'T0PLAY','C01REL',3854854133270809,'improve',NULL,'Alerts were noisy',NULL,NULL,0,NULL);
INSERT INTO "note" VALUES(6203339396002662,'T0PLAY','C01REL',3164773148395564,'improve','U02NOOR','The backup took an hour',NULL,NULL,0,13927611083420);
INSERT INTO "note" VALUES(7999919463569468,'T0PLAY','C01REL',3164773148395564,'improve','U05JONAS','Too many alerts at night',NULL,NULL,0,6430158760600644);
CREATE TABLE participant (
    retro_id integer not null references retro (id),
    user_id text not null,
    answer text not null,
    copies integer not null, nudges integer not null default 0,
    primary key (retro_id, user_id)
) strict, without rowid;
INSERT INTO "participant" VALUES(3164773148395564,'U01MARIA','waiting',0,0);
INSERT INTO "participant" VALUES(3164773148395564,'U02NOOR','written',0,0);
INSERT INTO "participant" VALUES(3164773148395564,'U03SAM','waiting',0,0);
INSERT INTO "participant" VALUES(3164773148395564,'U05JONAS','written',0,0);
INSERT INTO "participant" VALUES(3854854133270809,'U01MARIA','done',0,0);
INSERT INTO "participant" VALUES(3854854133270809,'U02NOOR','done',0,0);
INSERT INTO "participant" VALUES(3854854133270809,'U03SAM','done',0,0);
INSERT INTO "participant" VALUES(3854854133270809,'U04PRIYA','waiting',0,0);
INSERT INTO "participant" VALUES(3854854133270809,'U05JONAS','waiting',0,0);
INSERT INTO "participant" VALUES(3854854133270809,'U06LENA','waiting',0,0);
INSERT INTO "participant" VALUES(3854854133270809,'U07TOMAS','waiting',0,0);
INSERT INTO "participant" VALUES(3854854133270809,'U08GUEST','waiting',0,0);
INSERT INTO "participant" VALUES(5779455532325135,'U01MARIA','waiting',0,0);
INSERT INTO "participant" VALUES(5779455532325135,'U02NOOR','waiting',0,0);
INSERT INTO "participant" VALUES(5779455532325135,'U03SAM','waiting',0,0);
INSERT INTO "participant" VALUES(5779455532325135,'U04PRIYA','written',0,0);
INSERT INTO "participant" VALUES(5779455532325135,'U05JONAS','waiting',0,0);
INSERT INTO "participant" VALUES(5779455532325135,'U06LENA','waiting',0,0);
INSERT INTO "participant" VALUES(5779455532325135,'U07TOMAS','waiting',0,0);
INSERT INTO "participant" VALUES(5779455532325135,'U08GUEST','waiting',0,0);
CREATE TABLE person (
    team_id text not null,
    user_id text not null,
    name text not null,
    tz text not null,
    is_bot integer not null,
    is_deleted integer not null,
    is_external integer not null,
    is_admin integer not null,
    -- the DM with the bot, learned from the first message there
    dm_channel text, home_page integer, home_done integer not null default 0,
    primary key (team_id, user_id)
) strict;
INSERT INTO "person" VALUES('T0PLAY','U01MARIA','maria','Europe/Berlin',0,0,0,1,'D01MARIA',NULL,0);
INSERT INTO "person" VALUES('T0PLAY','U02NOOR','noor','Europe/Berlin',0,0,0,0,'D02NOOR',NULL,0);
INSERT INTO "person" VALUES('T0PLAY','U03SAM','sam','America/New_York',0,0,0,0,'D03SAM',NULL,0);
INSERT INTO "person" VALUES('T0PLAY','U04PRIYA','priya','Asia/Kolkata',0,0,0,0,'D04PRIYA',NULL,0);
INSERT INTO "person" VALUES('T0PLAY','U05JONAS','jonas','Europe/Berlin',0,0,0,0,'D05JONAS',NULL,0);
INSERT INTO "person" VALUES('T0PLAY','U06LENA','lena','America/New_York',0,0,0,0,'D06LENA',NULL,0);
INSERT INTO "person" VALUES('T0PLAY','U07TOMAS','tomas','Asia/Kolkata',0,0,0,0,'D07TOMAS',NULL,0);
INSERT INTO "person" VALUES('T0PLAY','U08GUEST','gil (guest)','America/New_York',0,0,0,0,'D08GUEST',NULL,0);
INSERT INTO "person" VALUES('T0PLAY','U09GONE','gone','Europe/Berlin',0,1,0,0,NULL,NULL,0);
INSERT INTO "person" VALUES('T0PLAY','U10BUILD','buildbot','UTC',1,0,0,0,NULL,NULL,0);
INSERT INTO "person" VALUES('T0PLAY','U11LOOK','lookback','UTC',1,0,0,0,NULL,NULL,0);
CREATE TABLE release (
    team_id text not null,
    channel_id text not null,
    version text not null,
    -- sorts, by its bytes, as the versions do
    sort text not null,
    -- JSON without the plan; null where none was given
    body text,
    -- its address, or its Markdown
    plan text,
    -- the risks of its plan that came true, as JSON
    came_true text not null default '[]',
    primary key (team_id, channel_id, version)
) strict, without rowid;
INSERT INTO "release" VALUES('T0PLAY','C01REL','v2.0.0','b 00000000000000000002.00000000000000000000.00000000000000000000 ~',NULL,NULL,'[]');
INSERT INTO "release" VALUES('T0PLAY','C01REL','v2.1.0','b 00000000000000000002.00000000000000000001.00000000000000000000 ~',NULL,NULL,'[]');
INSERT INTO "release" VALUES('T0PLAY','C01REL','v2.2.0','b 00000000000000000002.00000000000000000002.00000000000000000000 ~',NULL,NULL,'[]');
CREATE TABLE retro (
    id integer primary key,
    team_id text not null,
    channel_id text not null,
    version text not null,
    phase text not null,
    facilitator text not null,
    facilitator_seen_ms integer not null,
    is_anonymous integer not null,
    is_async integer not null,
    length_min integer not null,
    closes_ms integer not null,
    zone text not null,
    meeting_ms integer,
    deployed_ms integer,
    previous_id integer references retro (id),
    started_ms integer not null,
    all_answered_ms integer,
    nudged_ms integer,
    ended_ms integer,
    cancelled_because text,
    next_version text,
    next_day text,
    -- smoothness scores in ascending order, as JSON, once the survey is closed
    scores text not null default '[]',
    rev integer not null
, questions text not null default '', threshold integer not null default 3, withheld_ms integer, begins_ms integer, asked text, shared text) strict;
INSERT INTO "retro" VALUES(3164773148395564,'T0PLAY','C01REL','v2.1.0','meeting','U01MARIA',1795165239352,0,0,60,1795363200000,'Europe/Berlin',1795536000000,NULL,3854854133270809,1795165219342,NULL,NULL,NULL,NULL,NULL,NULL,'[[9]]',3,'',3,NULL,NULL,NULL,NULL);
INSERT INTO "retro" VALUES(3854854133270809,'T0PLAY','C01REL','v2.0.0','closed','U01MARIA',1795165216674,1,0,60,1795363200000,'Europe/Berlin',NULL,NULL,NULL,1795165200000,NULL,NULL,1795165216674,NULL,NULL,NULL,'[[6,7,8]]',3,'',3,NULL,NULL,NULL,NULL);
INSERT INTO "retro" VALUES(5779455532325135,'T0PLAY','C01REL','v2.2.0','collecting','U01MARIA',1795165239352,1,0,60,1795363200000,'Europe/Berlin',NULL,NULL,3854854133270809,1795165236684,NULL,NULL,NULL,NULL,NULL,NULL,'[]',1,'',3,NULL,NULL,NULL,NULL);
CREATE TABLE scrub (
    retro_id integer primary key references retro (id),
    due_ms integer not null
) strict;
CREATE TABLE sheet (
    retro_id integer not null references retro (id),
    alias blob not null,
    body blob not null,
    primary key (retro_id, alias)
) strict, without rowid;
INSERT INTO "sheet" VALUES(5779455532325135,X'C3CD2B4031C03A659D35AABABAFB1215',X'3F6720124647A472C986F77415840A5283C2B8203C1F96A10AE64EC370B7907784F6AEFF7EE8CEF6D8499530978420EDC0EF66D000A4596DB8DB132803DF9DFF350583D5547485B5EB24C1CE73A2AC1FE72C851D5E22D0A744E08D9EE9905336AD82D2B6B84050DE26B9A2EBE8642C4D202B789A5B70E6DDE95999FC9404C978665C2A4C6FB008818B624552C7BA3EB758E27FD6476BD2F9D1F09C76722AEAA8BD922993A8118FD7E8E886452CEBA8C7444E7E905E37AEBF0DEAFFE10F94C7F37A14AE54AC90717E6252A696F8A927099CABED26EF4429D827341DEF19681CF6830572238E8D208D97DEDD52C53E25B0AEC44289E51F1D154C5F27221E79A4ABE5331C64E63FEB59A46D69B3DB7028FFAA142E4EB39538F3E06BFFC6FA42712C9EB7B2E2EC0AB7FE5D5A29619DDFE80FD11042EB9979400C7E3CAFCF7C68DCE828E39681B923397B78CFAABDEEDE6D5EF64FBC0E7FF69711192C5249ACF1651FFDCB37DAE07F5C7FE594D72127076B4CE2CCC969B7DC5CE22071940A4A9C98C9AF16AA11B62046118A53149EE1E72A55A0C3BF91CD20F9DA773B015520CBEA1D8040F46E5E062421C8C0B4C9EE0795E19C0EDDE323EA9CBDD7426376B81EB174F7E018F4D92DD064250663DF5B3C842E1B528395D0B6629367FC88692575F43DE00EBFD6B93AED359CCA29E052998248A630E7130FA98CEDCD521D00478E419FBC72C4C5C6580D814C449509626B156157C31956A26CED3F5C44E7FD27FF1B2491403178B876C0FAFFA69F2403F04BE03F7CA41606892D40C17281277F3A2957A08BB8BF68F241895BBE8BC8405EC821D7E08BD5541F2B261907BD42A3880B8AA9A580C63C08E24155BBBFE346F2022EA5E83B2952C3AE00B67CE82668D1F8BA792E776837F02B1E27676C75D42B7AB2F470ADF002DEC0194622FA1F063CE4C228A820773E55F529B19B3066E148A6EF24DD1E5A201AE7F2B69971D135ADF8487145F6B9013F89818AD0C334823176E727399B3BEF0AF4A2C20D9BF5849EA3CF464D13CD6E318E8E9850CAA6CC857ABF9D9BA0A224F6A8C6A8EE16287369B1CC8F57F7E3472CCAA2E4A9C414197FBD6F4B55018416442DE2473D4C8513E990DE0C94FAD1A9745549EF367A3147BBE9F847E10B8BF48F165EC7E4FD66E75788B6E41E4038EE2B2B4FEC470C8A43F8F80E1EA04B80D68963E030A40A189E29FC70058301B88085F2D43F019FD09BB9402E3857AF61A1091A0B3E8153B5BA51FBBCDC0A60F0A2E3C4177C15B00692BFA6108278F7AF2D57423EFF2080D7CFDF75F86758FC32FD9435EF7B3E62D4E4EA32DFCFB6A77FE017DA8141BC3432E97133187A492A264E887E9FD357032419DDF16988CAEA7EF0470E4B3C6796B759051B28285DF42EC9F1D4969AC81E2FDB337DE0F2524E2DEFC06ACA9FC9422148DE5EE2D4659F54BF1451B2B58AF9CF7DEBD6AC5ED14CF440C3D6F4D8685AAFF54CCD06CD3E071A010368EEAE0787CB41AFEB6CDE53800A0644103908B0C7D115A8269028998FE5ECBF8AE5C6EC8F174F7D1AF50721A808B619C3F0DBA552535CDFDAE3C7BD327AE77CFFE184DFE29CDF7750A1881125076F081F7C819264BC73387DDF554470AF9ABE0321E6D49E7AC249420F281B313619EB6FBFC24270D25A32E3FC5D91C680897558F6831584BC1E36E53749A8DE0AF670596174C9677186D52596259B33176FD96805A1EF5C1CD3C2111DDA4823BCB30DFB23629596BFB7940932B21B4B95023530BFDC9BD1C062C131CD25C331BBD4141C1EC2DB0F554D02A7E94F117B35428A3A92051936C51E7501F8EDB4BA199C3C79B84BEF1F11AF49CA93BD3DBD7CE1F8A7A5B6D52E9599A343E3B3E2806FD34D5FFF08CB9768A09ECDAA985289CD2D524FCC681BDDD174A1DD8E8523CC03E0017F398814D5A0B6E18B4080766AAC26D4F973DF27D61E74AB7835147146EB4C95D43DD7AFCAAFB4DA5A10A9380F9B0270B73A63586F8F56F71460FFB57687FC59FAC174D1B83667926CF5F36039BB4D1844CD9B64B1BF0F741BCBDC85E37EBFC143A4019AB99323D4E497731EBD5695D646888D7C0AA202A51C2DAA81782FDC1F1811B615C44A7F4EC7533A66A73847D8DC8CB2736A7EC1EE5CE4667DE46E6B55D60E7CA58252EE3B510725BEF58967C54861D54D6D7C11FA05F5508E50A7C030A0D84C05CAFE1AD9F6F6DA0AC18D14451EEC3CFCA23016D944E7207761B6323969F658DAD1FD26978266B726F5720D81A8779E6F60311D48017A4AA90761618C824FC1A8502CC8ED4023FC04DF267B21269525BA234036162B505DDE4411D3170BDD56284246EA569702FBFB41A2289D6E78B15708AA57DF8240DE743F4BFAAA6692040D20B48356E59CAFA6DBB52B8A148E30FC5CEB98AFD2B85931CD89280E2DE1D3E4A590574D9EEE5FEF3700848E006A891C63466A59F92EEE4716AA00063EAF520111D98AF606A96108AC71AEB28B120A6CCB7A1C23E9240982C8C961CFF074E8B8C18BA9E02D1F251B9DDC512E601D2CA35198ACFEC1E0EEE6338DB5CA97A9269FA3F9C2A55A2857E16E05BD0646BA35BB1D6C1F15DD16295352FD64B2A4E7B7F807010308806B42D0F98C8B168DFFFD584EF00BD73DAD1AF2BA3274418F3EED00C2AD55FBB3D55742A2D0F4F0CC11EE3F528B3361AF7AAE6A2719A43673384B13EF3E000D86E0075A0D4DE709DF2E8EF805B1B752E68D49AD80F1CA0AF7F443BC7157B87E7D6FA36CCA79B63C52354D51780672B6E0054A3F774084F72606962C22E50052F85BC34D1F882CFAB02A0CFCE296468E3D91951A41C480D731A629392201992C02C90F0F0C015F635D0097BD037D6103004A2193BC7A7522C6CFAF270167CA33F04FE56A694750A53DADDDFF65BF48A4D9472CD581B49737A533E2D5AC853E7803003E22199A8840774621DB3092FFE5CD4FA5E9A10B1D61E48E2A33BBE16DA437CB376E7017756B26BF23AF2354694AC6392DE8DDA1BC5C26E9436869F7D1D1552D2CBC9A8E62564AD8E9E2FF4CBFA00E3C7AC9A6A0E1EA177BDA3F1779A984FB76B7328BB49EE000D262E8A38881298AF1F9685AA9C4507874117EC1EB3D0658D2DDCBF6B88C64C95248874ABC52C497E6AAF9383CF71E9BA6EFA77291B4CD8ADCA6BA38392DE08BD52564326477BD2FB9363CA5020D7889CC8354EADA06D6DCF5FEE30C2DB098EB57B28747C263DA25D8AAC233775558BBA5D82555121A4C8EF4C3D88C1939C21C52307C456B95930B40F454E6B51F27CDB89B112B95C5923B7288B188DC0197510013E9662C1F3516ED224C28CF2E5D4A58A567621BBE3E1477A93D26E8D6C2511D6426267753A1375EF3BC11CD6DEE3D9843A5911371935981A12423EC200F94DCA7F689E99A9BA6FA75E4A3B242320DA0D261DAA919B207A188E9B73FFFAF68807B8EC79BF365BB1DE0173731F9F8A15C8C32C10134740789E0CCD004F0E0381ED7A7E4F509538015D05AE6B736A6B2CC18306C7578385BA503A81EE6509917215C8DB165A87F4925BC5E51DBB99D2E554AB3CA40406F878A235F70DA759FE027071E89ACE8B6C6E4BEFB22E7ADEF5ACA111CEE7B75A0120798B1FABF4C44A1B2D973553AAF659468D0C6BCD376331F3153DC31BAF2980520B18A8843B2E45E90F1FA4D80E50977043BAC85175FC025B09A472F9AE6A6480C3D7B7138A1B432F7F7BF6AFD00AA14F68C109771E08FC9FE40B256F8818AB4F6D240503825FE3796D7DCEB846458C6C68E119664DADF393C7B4EEF06629F67C7EB3B1CFF881A14EA17C5462B2C0DEF081AEF115DFE4C11E4791AD18F5451864824EFC0C8F91DA6281CC2002281732A5336BD130366392D8ECB7E490C5CDB4244D9B2334649967A43ED826CEB2242877E2618A1A4A2D9CF272A9B2C378E726398545D1D9F2384CE48842B11FBF3501D0AC2558709F492D33B353AF8664BE5DB3C8F49D50B1C14AC7E94134A81BF828730BC99808FD818D538476F8E97809438F5234CA914831574B76D418CCF5EDD79185A162B1AB6A09A19DD43992F2AA8D99CCF35F0E137A452A78F30E24E82EDF78504806BE9CBCF8509AFA4E6969D3BFBFF533A268DAD3DB729180BDC731A92A21860147227D18ED72D11420C0F0464DBAC449F9E10F720955147E565CFB1D71B0C56D52D4523D8A5FB4DB34371ED116988266E6B8FF062C7FBC4346BDEC1D042EACBFBB780914C3B45816337EEFEB5C769BF71E38504037D81CFB47E7D1E72EFC5CCDB577A252B46D68132D1AE1A25A80F45CEE98384B9E0DB4CEA4EC57AD2DF54366237CACBC8285D0461CFA68D64C0893021CF61AF99163D0B17DFE92E0D2C00E83E100355A13841D8406063270C061291E05765369902BB72CB19A3CFA5341EEDE1C31CEE9D57B62B2C6F7DCB4654FBFE8753F89B6AA5BF380B7D316126C98BF6526AAB052E4A4CE6D66E854F51495A19C6B0A24D31B995344628C71CB9CF8A47E0B2671981E38563646B9EF54A1C69B4FE67BD472C1A4D2A74331889E3314EBE6FE14B0246F46E60B8692AF047B9975E14D924033950C5C08B8B3957D9850FCE75F9B97E56286437E87BE88F9278CBAF89A67AD91282AFFFE29251A0FCF3881710E71B05BD65280580D0EEE2D87EDF2461B1C8A1DB4D5183672C825CB09B1AA0F240C0BD66ACDA2431246305EA1CD17CA70E28927C020D781B4158EF39F16D062E9FC02F643B19F21C5C94C7AC0A663A4E0E29D2EB7EA5FA748A798424135DEEFA6BD0A3AD4884017AA3C7E22198B2DC037C9DF1C77CD8A3A70A484FD02A9D3A71E3BD1E38397387B995E18C87530B75D35A2BDF5A2113AF634D55E730C9CFF72CBDCE5792CC990D9B24AE7D82BF24F236F372979D6C4BAAC39B2ACAA01BC7CB85CD0B4A7D297B0C93556ADF2280860C37583A748AB785131BA9A6A0ABA237BFA780021481221EF487E47600D9FFC52C0F0305AB9AD578761DAE7C621F37F1A5B0C50F841532C08A90EAC5ED30EACC77CF9BCEFD653F8F93B8B622F8CB820DD98027D959FA8C2BA9C293006D06ED629FF679DE43D46D6D43F8B4D740F611BDB403C344C1469A2BEEB552311E36516788377EDC9BD35FDFB8964A93F7487923E99C1B8A03E0271BB592D266141F2323630BC454CE3B9C764389BF74B1E25E17F6C9ECDD14580FF6E76738716C473623FFB868797EC5F14AE2BDC10B45CD64BA87690EFB615258EB57CC4DA3EB1B75804E68387D70EC114B14C144885BE407DFD5F2117D76B748063045B53B4EC5BC56B805623276FFF2CF84FD486EB13001D15072715DD0F48FDF8B2BA3410CB1C75222467E489CFB7F8FDAAA293DE8DEC352C6B86EDBF7F16493E914FF9FEE07F1EA740A2338BC136B4D3D21C938B3DAB0E91DE18D4B90D872E9112E2873B37D343B4FF972D75E9524AEC84CFF3501F32BF4A80199820EDF9C9FBCEBEC5148BD3B753A77A1F3ED3BF30F73BB011159D4C353CF2516A36034E00084AE15AB2E8A7D1E14DE5EA7C650E80F01AED12A8D2DCDB216B4488F2D722158A15394AC5948E6579B9021F29C5E82F399F140E52563087E331912F2717EF5D35D3CF61C9C01F40E33AF9C2DAC2B98E64143FBF75D404158BAAF3A7832BD0F0461B958D3DA531BCA95C22FF20E50D011E6920DCC1CD2F4E2EF641E65F69768FFCBC21083B1235C06F7851418491F23D5E34B3709301B8334672C340E3A840B39EE79B5B2773F80B0A6EA6ADDC880635EABD2172F6048C34EF9CA1CC66F8F62B694FD5BF7B86E77513F3ECBAC4EBC5589A1D6F8FD11A0792B03E136D71895DEF17C6400FB08406E13A7FAEEC44BB3183B');
INSERT INTO "sheet" VALUES(5779455532325135,X'F886575EFE442C51DDCC9D3970E28B8D',X'744A02D43F4A0BC869FDF453D693CA5589F5DBA456EBEB0A2B2E77B531B46374BA61A503268D9E7C261AC9C94B89FAEE9393500B81618ADE8EE9EEE1C52F2E05A7596A7923D1B860E8461B6295800F379837943D0F475A9C44C82571F268A5563AD0FC6CF7BF61F76D97DA7521C8CCC36BB9300252768DE28499CC5E835F0A64241BE2B6BF29B30E1A7A5F89241142B09AA72AB0C16858A16D0CD04D537DD03137513761FC6F25C9651BCD820EB297FAA4D39F7E6F7E5B1802A0BC254E826A0F03DAA40999A358A3A8D03C0ED8E65B518F0AFB75A1B5AD529E17763308376139B42564B7C1A022ACBD7A7F718DD9E505679549EEED7ED3DAF21F01AC9B93FA6460D1DB88AE48398C773355AA3016DAB94042C2D4ECF7F31D580FD0E57EC640F9305F280D435BC2405B34057ED60E09A76840E6908F6708FC0EC4177684F4070A56BD10739610120F2AE9DB9F6693EE4FE092B45BE2DC06E8455091D52F3FB3D92D95006AB5DE824A28D6B767E7B23D603317E0653E54C5EE781D162FD12045B4966B375FFDF651D83EE6A336667D85466AE257023F2817A72FCCDDB061B4AA19E8AFF5460648A5AF3275BD1360312CA7294873B22BDF0D4422729C2268791E990624E486120DF97C117D0C82988D041C2792209E03AAFD7A1072DF9C067285035966209D3720FEA2AFA9749C1E721BF3A13F882F48F93356B73F76F4E6316DFF935EF279CE44832F1403EB71BBDB39704A1B53639E581561EC9175AF8CAEB8172367A596F2C4F557E1B6B016562152B812164C1FF480E5A97D4D9BB7C50391B9A5D2507BF214135A500A752286A1F7EC78383B36F16692E0FCDFA5F3DF66959D06F8C06C7C502A3AF0ADED7C48DD49667138ACB90A91092ECF02D7AE1EC7DA6392541A5280505CC94399C7592C5C1743E8B640D31005BB5E382D0C4B430B97FCC1483BA9DFA2B7768EE28962595DDF997D03CA0D6E02E3CA58116C57A5E59D1273765EF5C4F8F7412934D6E4EB1AA5E1E1B6D441FA93E2160E11311485CF7FAD7E9B9899BFD08757C3E8AE9A6A25D84AD705AB4A4FC1D29E0ED9D9AE0B9AB1D79C224F9A2F0D17EADB348209C1D602BCF5135AABFEAB0D9A4CCA42EE48B35F41F21724EEFAECC4509FF6B8BE43A59B6E7BED06A30CC1C4374A974F595BE1BE3C000EAF1103177A5454C216DECCACCB2B63A0E2394FEDA2E7DCEFB5A4D34C122A83EF124CF6E28B7DE2C62B17A427B472632441B3FE2A0B3C5F8AB3330EF353C6FA6E6E3FB2D89C03E2BD5280F777793C4867BA1FDDC2CE5437A12ED59199E83CF14B2B8FF7F215C5E53333ECEFEB05E4A69BFC3CA5E6D25D045D89F4CAD3D69A2FC1222B5092DEACC8BCABEDAB23528E01299F808F48EC467FB28689D233F211E2C14C4B6F945AA9C10EC5999811B01BB33AB9B194E478F725A70341209C5E587A10EC133EE87A662E7A963FAED77CC2AF09EDE91396196B33DD2F2D91D912266F1D3B1B74361FDB3002176F43137BFD6865608BA4E75DE69A55EF3C7001208E71C5F786159A8FA4DB3ABAD9C33D8D3D8500FE2C3C202D33F5627D86921079588BB40F1E29963E58051CF176FD45BBA0ABF0E70BC20AE31F9008816109AAC0222D4CF267016FEDBC442657AC31AF169D22E624D128A0368F36187DD08C9054E78F9000BD48169497555DFD955657142A7D3568B92922E3D1A18A636014744DBAC7DA14C69004D236EABA01115C4CD8E27ECDD45AACD18448A61BF7278E5E9E9C21C2E03B6EAB50AAC7C06757BFDB36B4DF75C9DEFC5AE1866F3F359698E0E56B97BD83D5C31558D50C86FDD39291A89C64C1FF47CD99EBBE29F1A2EFE5D690553D7C423DA1C75557BCA6355029B899DB9F7979B6E736DD3382ED2D64BEBAC0E29D42E795BA4A0880F7D8E2F83708B04FCA9C6461076E8AF2A95C185EB9DDC6ADED77B1AD3EA964CEF0AF5D75E7AE71088DAE19D554EB7FED684352CA7EB37CA442DEF013D4E4C49A2ACBA7155F74C474F29A8B1D8CFBE7C6238E6ACF30F871859564A8B6975E1DDAF75CED58CB5DFCB7EC674D91D41B9F7A13BC88E56F707ABF43D754D6CC89FDEB035F04C6B4C8FC58FB6C3DECD07F04B4C9B46ED068FE0988EC8AA6D83A031EEB492A750B6BA75CBA35543AFCECD37E2C8160E974BFFB9EBCDC3A09ED9F4F3F83A865E6EE982E158E030DBFDDAF5D11EBAD40EA2230F3D0F229D72C1EACDF1A9BF42260B25CDBC99D82C4C52365F93ACF055880F7377715E1234F6E26889EA5D12A2C4F8E4A89F8E0E77A58DA1CAC6E55DFCC852198C3ED9D03A812E92349168D3D5E62451436402187B55F6712E1F093CB20DE0DA0EA030E7B946530F9BB77531D9BF9C878919DD216FC77803FD527EB139DA9ACD594188E910C1E983C95360AFE421A559386F248773644D35BE89CDF45DC19C6FA2477C37C64FA2FBB94B7D66707B0521AD2BFACC16C98DD9F5231EFAA5F916C2709EDA57549C16329301DC2372EEE306E42A95473150684CC4AD47D2DD143E93D1135F537BE743825E36F349EE79EDE3232D00ABDDB365C096656ED27EA064A97A719CBA565A9D5EE1554E2E5DE402319FDB9AD3246F77110CE08B5EF805BC1629400265B408AC00B0C23B424CC6B2B1274DB1F3C61CA4F61E5293A4148773B7B92C289145B3CF8334EF11C1346CE49FE9B76F365EF6B8B8D5EDFB2E01DE9923EB6B7262AAB39DBCD74AEAB101AF8E52C7DE7ECA51AB93A1761904D6CB2604F940707396EC9F0E8F730CCAF4D5894AF7392ABC19A693F80A38BE15F7CFEB74716AE5B92F8267C8BCED8F9711A55FF1324AE2671B2072C8F3CC8A92081046B8A70F3B75C91FA515D0438F38A5AC7ADAB750EB371FEBFC2888E265640A085555B184B99D1BB93C358CBC12532B716DC5557745F2261E0180AF9AB17EDB2014C11B5AB845EDC57841DE332BD641F24C31CB2E262D2FAD5AAA2B0C404C00B9451D3A22AD4489B7C4CD60A48023C8E08F72B081D790CA29CBE69D5D930EBF1EA7BF98F45A62B623586E9A3ED3EA4F47F7E707901B4F8560A6FDB4950ABF38FD0D18A725C9D2CE2AA777BF27FD43C05D9545EC82CA28BD2413FE993A52663750F96192E2BADF11BA6560853E30226673CF48F68486030EC1C5691DB073FF75FC7EC71D65DFC619E5FBEC0D99E56F300610581E3C6525DF736E1A99E65CDBFE20C6F000C4B38B053F72369081454945909D08AA0E24CDCA47CA670FE59CCD3E48705C99B72FEDC325B4163BA74379F529615878FF1550A338239509248F0097B38DFCC15EE4891228B860E4027BB92443E328531D520D8563C0415658631F93D1AD85585E2ED49044FA77AFC095366AFCC3A32F9DECFC6314C1420BE7687DDB5FB4180735DC5A7D1851E5B45C08E0F73E569229E4BA35FD487EE24F41409C41192E492F11827A185DC984045558DDB57C4199AD5455504EDDB5DF04F7EEE29776F8B44B8A3EAB13930C6F78A352FBC41FCBE26F08BB3A337935999F2A7894A8325D8FC75E2F344DBA0F13580C195D5D9129C91ADE9C4B3046296080388F22C47EAFB98E6BAC62215F1C86804B2FA46969C60C410EE1C8529C31F16D6860F045FF62D0DB69E06F1A316653DB519211411DF8F1EC7EA0B2B961E62B7B899DA5982CD057BF5A6696A8ADD9C3516A253B4B240C5AB18F76B9D89FDE6B4027A6042B3EA3640291D82BD1BB075DEB6DD2EFEC04829C380313B65C4C95CD48005FC5AB0DB163C28A8F78EA00F4624AB56BEAF161E9754D9EC5D28183937FF930DB8C7A31AF3E4F6E6569EDB163EBB202F8FBC20EBA2CE4105DE5CDCB637C2921A0F1EB6C946AD29A25F940428CFFBD897633D0F850DC6B29AFCF4C256106CFC58164B251A310857AA2920F0C848C24F255220A26E14F9024EC3BB9867E58355C0E34D6E7066769E3B12585FCEC59E5745E87FD6379EAAEC73741A01A12B1D80BC1843D9E1AE96C82897CC5A0BB9D6E1F0201E91EA571DDF34E1FF458D8AEB58247DCC680957DA78FBD50F81C39B10203A3304556C228EC960B4D68DE9C428D049B278D291A4A9C73F956D0A88E11EB73E32C8F2D29FAF37DAFFD1E0228B23882234EEBAC2096A1FD4BBFF58F1D354407C45A82CEACA3E8667BD56ED6D83F2999F8A007BCC1AF0814D4CF53CFFB5B83998BEB9FE25F322BE931AE857C6337712C4E0B4DACB9F8A119915CC0090913B2424771DC473612EB487E0EF0BDFCE6C5B00F73723FEBA7B05DDA99639F487498A6880C78CD5DE7B1E56A16EFE1009DF1B097DAA362B87EF248AE316242A4B6AD5894A1E9C702B3D868146B99AF0CEFDA53A1E6E378BBA440F6D6C606686FDF1BE2D2D62CA440F43D776795CE75495B62DAB945883822B8CEF7B46307EBCCBAD86FFCB1F96FE88DFE487681F822E2ED261F994DAF0EE6FD428227385B4585F17914C4935B04A0DEC622607E98A039E9EC0C0CE1BDD58DB8BC9EA30A57E7F4254E2714CB7A869C45E81217E7FF34C5596ACB82547FD1AE0017E8F93F410AB05E85A4C876C3A3EFDB24174F65C60F085901C7F89A322D775140156BFB8BDCD480A81E5FE0675C24B0957001AE28033D015710D6374E91C98847F9F6DA40AE14BD16AA6F015EC3C8C5474F9F2B52439F784D25BF29D13BB681E63311B5E0C891BD9C6EF325D1AE01F656B620DC833888B79803A20900A48EBBA25A031E5001F1BB50650FAFE26FAB7E9567D7ED750769C72E80B60EE2F896F2275F0BC4D1CCA2FA102AA306E810837E764E271E1D91EAEBF488145DF02AF0EAA903F81A34D66B26357629DEF56FD1CCFC01C843D4FB9C8675C22093EB8608E4D89B0DD512DD43C4735600234F2D7ABC8CD6752763F8250453C350649BBF4DFAE371145C92E6FEE1415CB2B67550BE56CF34A6019B7AAEA46C5399050581E59B65F665321F24A99296F427E9EC62E7CDAA71817ECC95A9E480C2DDCBE0BD31800453594162A01B6DEC14E6735F46EF70175CFCC91B80C9BCE8A21C20E2D01E5E3C6F7205DCA1970E41E0F1D42D445C33F66750C9CDA8A3EE352C80386481BA6DF28B1F85FE93B4DF04B730C0FEF3056A43D98A4AB8701EAC96BF81EA73C5035F4F7E4D4315E008D9A49A9E3331D2A788827DB38A7EC90FEF5006B21447A295193A5D8F4E64B9108B759DB92CC148D8F5A9215EAC4EE124640AC4950DAF9BF9885A0AE01EE63E18A927999A8569CBA618E7429637482805C90AD261626FB407FCD1976378091489D48321BACAA272979D538F906C9A21B625040434C33DC679C9D6A01AB321EE4C9FD3739C581A3B393E7ACF2FCEC83F02B1FA94BE643AC4B0BE700A74972B80354A08A9E9C171746BCC5E35C492C2B96151E9E4ED3F8706686FE03D0532661AB37A17C7636A982CB5FA451169E2416CE6EDFB4CCEF6445BD2FA98A1E37355E77A7E97F5F406CD21F5DA440A2AF4E8AB9DC7059EBA445C33491AC0AF199069075CE77068DC8764CFC54984C6FD06F576B330EFCAE89C0359DCA50EC5134A8D80BADD115AB092636B2AE7D20F842A4814442244A62C81C0CF37BCBF2A83397C65C62C85D181ED763C0C1FB4A874063B6371872C739B906A7C6B333CEAE1AFF5F359084AFFEC6FE3495EE6BFCB50A8A7B069095C851A8A261156D88D6793C79E79B6930055D8A84430061A31D45AC2A984AC9CA7B329AF8CB8AB1D8CF943AEDB77978407F351EDAB1062C698B599E80771DFE650F5FE00D476D7A24B5D7711994CA645F1742EAA23A2D3F2D9C36B2E790EA92181F8AA1487454FAAAF231A7B5DEAF133E959A38C869EBE107AB9D3F2835350499E6C95BAA4423774EBE4706F37095B4FD394D5168');
ANALYZE "sqlite_master";
INSERT INTO "sqlite_stat1" VALUES('vote','vote_retro','1 1 1');
INSERT INTO "sqlite_stat1" VALUES('vote','vote','1 1 1');
INSERT INTO "sqlite_stat1" VALUES('person','sqlite_autoindex_person_1','11 11 1');
INSERT INTO "sqlite_stat1" VALUES('card','card_waiting','0 0 0');
INSERT INTO "sqlite_stat1" VALUES('card','card_retro','42 11');
INSERT INTO "sqlite_stat1" VALUES('card','card_due','42 42 42');
INSERT INTO "sqlite_stat1" VALUES('card','card','42 42 1');
INSERT INTO "sqlite_stat1" VALUES('kudos','kudos_coming','0 0 0');
INSERT INTO "sqlite_stat1" VALUES('kudos','kudos_retro','1 1');
INSERT INTO "sqlite_stat1" VALUES('theme','theme_root','2 1');
INSERT INTO "sqlite_stat1" VALUES('theme','theme','2 2 1');
INSERT INTO "sqlite_stat1" VALUES('_sqlx_migrations','sqlite_autoindex__sqlx_migrations_1','7 1');
INSERT INTO "sqlite_stat1" VALUES('participant','participant_user','20 3 1');
INSERT INTO "sqlite_stat1" VALUES('participant','participant','20 7 1');
INSERT INTO "sqlite_stat1" VALUES('workspace','sqlite_autoindex_workspace_1','1 1');
INSERT INTO "sqlite_stat1" VALUES('note','note_source','0 0 0 0');
INSERT INTO "sqlite_stat1" VALUES('note','note_coming','0 0 0');
INSERT INTO "sqlite_stat1" VALUES('note','note_retro','8 4 2');
INSERT INTO "sqlite_stat1" VALUES('channel','sqlite_autoindex_channel_1','1 1 1');
INSERT INTO "sqlite_stat1" VALUES('member','sqlite_autoindex_member_1','11 11 11 1');
INSERT INTO "sqlite_stat1" VALUES('release','release_order','3 3 3 1');
INSERT INTO "sqlite_stat1" VALUES('release','release','3 3 3 1');
INSERT INTO "sqlite_stat1" VALUES('retro','retro_open','2 2 2 1');
INSERT INTO "sqlite_stat1" VALUES('retro','retro_version','3 3 3 1 1');
INSERT INTO "sqlite_stat1" VALUES('retro','retro_channel','3 3 3 1');
INSERT INTO "sqlite_stat1" VALUES('action_item','action_item_nag','1 1');
INSERT INTO "sqlite_stat1" VALUES('action_item','action_item_owner','1 1 1 1');
INSERT INTO "sqlite_stat1" VALUES('action_item','action_item_retro','1 1');
INSERT INTO "sqlite_stat1" VALUES('action_item','action_item','1 1 1 1');
INSERT INTO "sqlite_stat1" VALUES('inbox','inbox_age','27 3');
INSERT INTO "sqlite_stat1" VALUES('inbox','inbox','27 27 1');
INSERT INTO "sqlite_stat1" VALUES('timer','timer_due','3 1');
INSERT INTO "sqlite_stat1" VALUES('timer','timer','3 2 1');
INSERT INTO "sqlite_stat1" VALUES('channel_config','channel_config','1 1 1');
INSERT INTO "sqlite_stat1" VALUES('sheet','sheet','2 2 1');
INSERT INTO "sqlite_stat1" VALUES('digest','digest_due','1 1');
INSERT INTO "sqlite_stat1" VALUES('digest','digest','1 1 1');
CREATE TABLE survey_key (
    retro_id integer primary key references retro (id),
    body blob not null
) strict;
INSERT INTO "survey_key" VALUES(5779455532325135,X'F4ED8686223C3FAA28230B2AE000550E0BE582EB7D2C652A514F711B4721D5DA46620BD9325BB2D129D0BA3B1B9AC461BD9656EB5429309E556B58EC0865C1D737D530B202CAD3E0');
CREATE TABLE theme (
    team_id text not null,
    channel_id text not null,
    retro_id integer not null references retro (id),
    note_id integer not null,
    -- the note of the theme that this one repeats; its own where it is new
    root integer not null,
    primary key (retro_id, note_id)
) strict, without rowid;
INSERT INTO "theme" VALUES('T0PLAY','C01REL',3854854133270809,5293557813608112,5293557813608112);
INSERT INTO "theme" VALUES('T0PLAY','C01REL',3854854133270809,5698389953904801,5698389953904801);
CREATE TABLE timer (
    team_id text not null,
    retro_id integer not null references retro (id),
    step text not null,
    due_ms integer not null,
    primary key (retro_id, step)
) strict, without rowid;
INSERT INTO "timer" VALUES('T0PLAY',3164773148395564,'stage',1795165295350);
INSERT INTO "timer" VALUES('T0PLAY',5779455532325135,'close',1795363200000);
INSERT INTO "timer" VALUES('T0PLAY',5779455532325135,'nudge',1795174200000);
CREATE TABLE token (
    id text primary key,
    team_id text not null,
    channel_id text not null,
    -- on whose behalf it acts
    user_id text not null,
    -- what it is for, in the operator's words
    name text not null,
    -- 'api', or 'github': the secret of a webhook, which follows from the installation's key and this id
    kind text not null,
    mark text not null,
    made_ms integer not null,
    revoked_ms integer
) strict;
CREATE TABLE topic (
    id integer primary key,
    retro_id integer not null references retro (id),
    name text,
    votes integer not null default 0
) strict;
CREATE TABLE voice (
    retro_id integer not null references retro (id),
    part integer not null,
    user_id text not null,
    words integer not null default 0,
    has_passed integer not null default 0,
    is_invited integer not null default 0,
    primary key (retro_id, part, user_id)
) strict, without rowid;
CREATE TABLE vote (
    topic_id integer not null,
    user_id text not null,
    retro_id integer not null references retro (id),
    primary key (topic_id, user_id)
) strict, without rowid;
INSERT INTO "vote" VALUES(13927611083420,'U05JONAS',3164773148395564);
CREATE TABLE workspace (
    team_id text primary key,
    name text not null,
    url text not null,
    bot_user_id text not null,
    scopes text not null,
    -- when everybody was read last
    people_read_ms integer not null default 0
) strict;
INSERT INTO "workspace" VALUES('T0PLAY','Playground','http://127.0.0.1:37767','U11LOOK','commands,chat:write,channels:read,groups:read,users:read,app_mentions:read,im:history,channels:history,groups:history,im:write,files:write,usergroups:read,reactions:read',1795165200000);
CREATE INDEX retro_channel on retro (team_id, channel_id, started_ms);
CREATE INDEX participant_user on participant (user_id, retro_id);
CREATE INDEX note_retro on note (retro_id, stage);
CREATE INDEX note_coming on note (team_id, channel_id) where retro_id is null;
CREATE INDEX kudos_retro on kudos (retro_id);
CREATE INDEX kudos_coming on kudos (team_id, channel_id) where retro_id is null;
CREATE INDEX action_item_retro on action_item (retro_id);
CREATE INDEX action_item_owner on action_item (team_id, owner, state);
CREATE INDEX inbox_age on inbox (at_ms);
CREATE INDEX card_due on card (state, due_ms);
CREATE INDEX card_retro on card (retro_id);
CREATE INDEX timer_due on timer (due_ms);
CREATE UNIQUE INDEX note_source on note (team_id, channel_id, source_ts) where source_ts is not null;
CREATE INDEX card_waiting on card (state, due_ms) where wanted > sent;
CREATE INDEX action_item_nag on action_item (nag_ms) where nag_ms is not null;
CREATE INDEX nag_item on nag (team_id, channel_id, number, day);
CREATE INDEX digest_due on digest (due_ms);
CREATE INDEX release_order on release (team_id, channel_id, sort);
CREATE INDEX retro_version on retro (team_id, channel_id, version, started_ms);
CREATE INDEX theme_root on theme (root);
CREATE INDEX topic_retro on topic (retro_id);
CREATE INDEX vote_retro on vote (retro_id, user_id);
CREATE INDEX insight_retro on insight (retro_id);
CREATE UNIQUE INDEX retro_open on retro (team_id, channel_id, version)
    where phase in ('scheduled', 'collecting', 'agenda', 'meeting');
COMMIT;
