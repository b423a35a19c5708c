\set n random(1,2000)
begin;
select pg_advisory_xact_lock(42);
select * from p where id = :n;
update sheet set body = repeat('y',4000) where id = :n;
update p set a = 'd' where id = :n;
insert into inbox values (md5(random()::text), 'x');
commit;
