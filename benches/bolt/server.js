// A survey bot on Bolt for JavaScript, as a careful author would write it: the signature is checked, the six answers
// are durable in one transaction, and only then the form is acknowledged.
//
//     node server.js PORT DATABASE SIGNING_SECRET

const { App, LogLevel } = require('@slack/bolt');
const Database = require('better-sqlite3');

const [port, file, signingSecret] = process.argv.slice(2);

const db = new Database(file);
db.pragma('journal_mode = wal');
db.pragma('synchronous = full');
db.exec(`create table if not exists answer (
  retro integer not null, user text not null, question text not null, body text not null,
  primary key (retro, user, question)
) strict, without rowid`);
const put = db.prepare(
  'insert into answer values (?, ?, ?, ?) on conflict (retro, user, question) do update set body = excluded.body',
);
const save = db.transaction((retro, user, values) => {
  for (const [question, block] of Object.entries(values)) {
    const field = Object.values(block)[0];
    put.run(retro, user, question, field.value ?? field.selected_option.value);
  }
});

const app = new App({
  signingSecret,
  logLevel: LogLevel.ERROR,
  authorize: async () => ({ botToken: 'xoxb-bench', botId: 'B1', botUserId: 'U1' }),
});
app.view({ type: 'view_submission' }, async ({ ack, body, view }) => {
  save.immediate(JSON.parse(view.private_metadata).retro, body.user.id, view.state.values);
  await ack();
});
app.command('/retro', async ({ ack }) => ack());
app.start(Number(port));
