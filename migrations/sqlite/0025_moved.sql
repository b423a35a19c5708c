-- Where this database was moved to, without a password: a file that was moved is not served any more.
alter table installation add column moved_to text;
