-- When Slack asked for the wait: a clock that was set back to before it must not make the wait longer.
alter table backoff add column since_ms bigint not null default 0;
