\set n random(1,2000)
begin;
update workspace set beat = beat + 1 where team_id = 'T1';
select * from p where id = :n;
update sheet set body = repeat('y',4000) where id = :n;
update p set a = 'd' where id = :n;
insert into inbox values (md5(random()::text), 'x');
commit;
