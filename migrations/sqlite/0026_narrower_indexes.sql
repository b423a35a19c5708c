-- Each question about what waits has one index that fits it, so that none is answered by another that reads all rows.
drop index card_waiting;
create index card_waiting on card (state, due_ms) where state = 'idle' and wanted > sent and is_aside = false;
drop index card_lane;
create index card_lane on card (team_id, lane) where state = 'idle' and wanted > sent;
