-- What may leave next is found in its order, and by its lane, however much waits.
drop index card_ready;
create index card_order on card (team_id, way, priority, made_ms, key)
    where state = 'idle' and wanted > sent and is_aside = false and ts is null;
create index card_line on card (team_id, way, lane, priority, made_ms, key)
    where state = 'idle' and wanted > sent and is_aside = false and ts is null;
create index change_order on card (team_id, priority, made_ms, key)
    where state = 'idle' and wanted > sent and is_aside = false and ts is not null;
create index change_line on card (team_id, lane, priority, made_ms, key)
    where state = 'idle' and wanted > sent and is_aside = false and ts is not null;
-- What stands in a lane that waits is due when the lane is tried again.
update card set due_ms = (select p.due_ms from parked_lane p where p.team_id = card.team_id and p.lane = card.lane)
    where state = 'idle' and wanted > sent and ts is null
    and exists (select 1 from parked_lane p where p.team_id = card.team_id and p.lane = card.lane and p.due_ms > card.due_ms);
