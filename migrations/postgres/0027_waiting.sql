-- What waits is found by its state alone, because not every statement asks whether a row was set aside; what was set aside has its own index.
drop index card_waiting;
create index card_waiting on card (state, due_ms) where state = 'idle' and wanted > sent;
create index card_aside on card (team_id) where is_aside = true;
-- The oldest requests are found without reading all that wait.
create index due_request on due (kind, made_ms, number) where kind = 'request';
