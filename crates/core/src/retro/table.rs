//! Figures to look at: a table, and a chart beside it. Both are also told in words.

use serde::{Deserialize, Serialize};

use crate::ids::UserId;
use crate::text::{esc, link, mention};

/// A table: a line of heads, then a row each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// What it is a table of, for who hears it read.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub caption: String,
    pub heads: Vec<String>,
    /// The cells, as many in each row as there are heads.
    pub rows: Vec<Vec<Cell>>,
}

/// What a cell shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// Plain text.
    Text(String),
    /// Plain text that says all by itself, without the head of its column.
    Said {
        said: String,
    },
    Person {
        person: UserId,
    },
    Links {
        links: Vec<Link>,
    },
}

/// A label with an address, in Slack or of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub label: String,
    pub address: String,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// A cell without a figure.
pub const NONE: &str = "–";

impl Cell {
    /// Its text; a person is their mention.
    pub fn plain(&self) -> String {
        match self {
            Self::Text(text) | Self::Said { said: text } => text.clone(),
            Self::Person { person } => mention(person),
            Self::Links { links } => links.iter().map(|l| l.label.as_str()).collect::<Vec<_>>().join(", "),
        }
    }

    fn mrkdwn(&self) -> String {
        match self {
            Self::Text(text) | Self::Said { said: text } => esc(text),
            Self::Person { person } => mention(person),
            Self::Links { links } => {
                let links = links.iter().map(|l| link(&l.address, &l.label));
                links.collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) | Self::Said { said: text } => text == NONE || text.is_empty(),
            Self::Person { .. } => false,
            Self::Links { links } => links.is_empty(),
        }
    }
}

impl Table {
    /// The same as lines of plain text: `Planning: planned 2 days, actual 2.5 days, variance +25%`.
    pub fn lines(&self) -> Vec<String> {
        self.told(Cell::plain)
    }

    /// The same as lines of mrkdwn, escaped.
    pub fn mrkdwn_lines(&self) -> Vec<String> {
        self.told(Cell::mrkdwn)
    }

    fn told(&self, show: fn(&Cell) -> String) -> Vec<String> {
        let line = |row: &Vec<Cell>| {
            let (first, rest) = row.split_first()?;
            let first = show(first);
            let cells = self.heads.iter().skip(1).zip(rest).filter(|(_, cell)| !cell.is_empty());
            let cells: Vec<String> = cells
                .map(|(head, cell)| match cell {
                    Cell::Text(_) | Cell::Person { .. } => format!("{} {}", head.to_lowercase(), show(cell)),
                    Cell::Said { .. } | Cell::Links { .. } => show(cell),
                })
                .collect();
            Some(if cells.is_empty() { first } else { format!("{first}: {}", cells.join(", ")) })
        };
        self.rows.iter().filter_map(line).collect()
    }
}

/// A chart: each series has a value for each category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chart {
    pub title: String,
    pub shape: Shape,
    /// What the values are measured in; empty where they are counted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// In the order in which they are drawn.
    pub categories: Vec<String>,
    pub series: Vec<Series>,
}

/// How a chart is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Shape {
    #[serde(rename = "line")]
    Line,
    #[serde(rename = "bar")]
    Bar,
}

/// Values of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    pub name: String,
    /// In hundredths of the unit.
    pub hundredths: Vec<i64>,
}

/// A figure in hundredths.
#[expect(clippy::cast_possible_truncation, reason = "figures of a release are small, and a cast saturates")]
pub fn hundredths(value: f64) -> i64 {
    (value * 100.0).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_told_in_lines_too() {
        let links = vec![Link { label: "agenda".into(), address: "https://acme.slack.com/p1".into() }];
        let table = Table {
            caption: "Releases".into(),
            heads: ["Release", "Owner", "Incidents", "Links"].map(str::to_owned).to_vec(),
            rows: vec![
                vec![
                    Cell::Text("v2 <!channel>".into()),
                    Cell::Person { person: "U1".into() },
                    Cell::Text("2".into()),
                    Cell::Links { links },
                ],
                vec![
                    Cell::Text("v1".into()),
                    Cell::Text(NONE.into()),
                    Cell::Text(NONE.into()),
                    Cell::Text(NONE.into()),
                ],
            ],
        };
        assert_eq!(
            table.mrkdwn_lines(),
            ["v2 &lt;!channel&gt;: owner <@U1>, incidents 2, <https://acme.slack.com/p1|agenda>", "v1"]
        );
        assert_eq!(table.lines(), ["v2 <!channel>: owner <@U1>, incidents 2, agenda", "v1"]);
    }
}
