-- What is sent is never looked at again for what is to be sent.
create index card_waiting on card (state, due_ms) where wanted > sent;
