-- What is sent is never looked at again for what is to be sent.
create index card_waiting on card (state, due_ms) where wanted > sent;

-- From here on the name of a sheet is keyed with the installation's key, which is not in the database.
