//! What processes that share a database tell each other with their commits, by `LISTEN` and `NOTIFY` of PostgreSQL.
//! Polling finds what is lost on the way. <https://www.postgresql.org/docs/current/sql-notify.html>

use std::time::Duration;

use sqlx::postgres::{PgListener, PgNotification};

/// What a commit tells the other processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// There is something to do.
    Work,
    /// Nobody has the lease.
    Lease,
    /// Rows that linked a person to a time were deleted.
    Traces,
    /// A newer version has changed the schema.
    Schema,
    /// Nothing was heard for a while: any of them may have been told.
    Missed,
}

const CHANNEL: &str = "lookback";

/// Sends the name of the news, `$1`, to every process that listens.
pub(super) const NOTIFY: &str = "select pg_notify('lookback', $1)";

/// After this much silence the connection is checked: a dead one looks just as quiet.
const SILENT: Duration = Duration::from_secs(20);

impl News {
    /// The payload of the notification.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Lease => "lease",
            Self::Traces => "traces",
            Self::Schema => "schema",
            Self::Missed => "missed",
        }
    }

    /// A newer version may tell what this one does not know.
    fn read(name: &str) -> Self {
        [Self::Work, Self::Lease, Self::Traces, Self::Schema]
            .into_iter()
            .find(|n| n.name() == name)
            .unwrap_or(Self::Missed)
    }
}

/// Hears what other processes tell.
#[derive(Debug)]
pub struct Listener(PgListener);

impl Listener {
    pub(super) async fn new(mut listener: PgListener) -> sqlx::Result<Self> {
        // So that each loss is told before the connection is made anew.
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        Ok(Self(listener))
    }

    /// The next news. An error ends this listener.
    pub async fn next(&mut self) -> sqlx::Result<News> {
        loop {
            match tokio::time::timeout(SILENT, self.0.try_recv()).await {
                // The connection was lost; it is made anew at the next try.
                Ok(news) => return Ok(news?.as_ref().map(PgNotification::payload).map_or(News::Missed, News::read)),
                Err(_) => {
                    let alive = sqlx::query("select 1").execute(&mut self.0);
                    match tokio::time::timeout(SILENT, alive).await {
                        Ok(answer) => answer.map(|_| ())?,
                        Err(_) => return Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read_and_what_is_unknown_may_be_anything() {
        for news in [News::Work, News::Lease, News::Traces, News::Schema] {
            assert_eq!(News::read(news.name()), news);
        }
        assert_eq!(News::read("of a newer version"), News::Missed);
    }
}
