-- Names are compared in one way, and the order of releases follows from their names or their days when it is needed.
drop index release_order;
alter table release drop column sort;
-- the version without a leading v, in lower case
alter table release add column name_key text not null default '';
update release set name_key = case when lower(version) glob 'v[0-9]*' then substr(lower(version), 2) else lower(version) end;
-- when it was first heard of, Unix milliseconds
alter table release add column known_ms integer not null default 0;
update release set known_ms = coalesce((select min(r.started_ms) from retro r where r.team_id = release.team_id
    and r.channel_id = release.channel_id and r.version = release.version), 0);
-- when it went out, Unix milliseconds
alter table release add column deployed_ms integer;
update release set deployed_ms = coalesce(
    cast(strftime('%s', json_extract(body, '$.deployed_at')) as integer) * 1000,
    (select max(r.deployed_ms) from retro r where r.team_id = release.team_id
        and r.channel_id = release.channel_id and r.version = release.version));
-- the release that was named as the one before it
alter table release add column previous text;
create index release_key on release (team_id, channel_id, name_key);
create index release_known on release (team_id, channel_id, known_ms);
-- an earlier program orders releases by the column that is gone
pragma user_version = 18;
