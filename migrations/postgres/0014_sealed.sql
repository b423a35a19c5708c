-- A request that waits, sealed: it holds what somebody typed.
alter table errand add column sealed bytea;
