//! Blocks of 2026: charts, tables that sort, parts that fold, and warnings in forms.
//!
//! Rule: not every plan and client takes them, so each has an older form, and what it shows is also told in words.

use slack_morphism::prelude::*;

use super::blocks;
use lookback_core::retro::table::{Cell, Chart, Shape, Table};
use lookback_core::text::{clean, cut, mention};

/// A kind of block that a workspace may refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newer {
    /// <https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block>
    Chart,
    /// <https://docs.slack.dev/reference/block-kit/blocks/data-table-block>
    Table,
    /// <https://docs.slack.dev/reference/block-kit/blocks/container-block>
    Container,
    /// <https://docs.slack.dev/reference/block-kit/blocks/alert-block>
    Alert,
}

impl Newer {
    pub const ALL: [Self; 4] = [Self::Chart, Self::Table, Self::Container, Self::Alert];

    /// Its type in Block Kit, as it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chart => "data_visualization",
            Self::Table => "data_table",
            Self::Container => "container",
            Self::Alert => "alert",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind of a block; `None` for one that every workspace takes.
    #[expect(clippy::wildcard_enum_match_arm, reason = "the enum is of slack-morphism")]
    pub fn of(block: &SlackBlock) -> Option<Self> {
        match block {
            SlackBlock::DataVisualization(_) => Some(Self::Chart),
            SlackBlock::DataTable(_) => Some(Self::Table),
            SlackBlock::Container(_) => Some(Self::Container),
            SlackBlock::Alert(_) => Some(Self::Alert),
            _ => None,
        }
    }
}

/// The blocks with the older form of those of a refused kind.
pub fn without(blocks: Vec<SlackBlock>, refused: &[Newer]) -> Vec<SlackBlock> {
    let older = |block| match Newer::of(&block) {
        Some(kind) if refused.contains(&kind) => older(block),
        Some(_) | None => vec![block],
    };
    blocks.into_iter().flat_map(older).collect()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the enum is of slack-morphism")]
fn older(block: SlackBlock) -> Vec<SlackBlock> {
    match block {
        // The figures stand beside it.
        SlackBlock::DataVisualization(_) => Vec::new(),
        SlackBlock::DataTable(table) => vec![older_table(table)],
        SlackBlock::Container(container) => {
            let title = container.title.map(|title| SlackHeaderBlock::new(title).into());
            title.into_iter().chain(container.child_blocks).collect()
        }
        SlackBlock::Alert(alert) => vec![SlackSectionBlock::new().with_text(alert.text).into()],
        block => vec![block],
    }
}

fn older_table(table: SlackDataTableBlock) -> SlackBlock {
    let cell = |cell| match cell {
        SlackDataTableCell::RawText(text) => SlackTableCell::from(text),
        SlackDataTableCell::RawNumber(number) => SlackTableRawTextCell::new(number.text).into(),
        SlackDataTableCell::RichText(rich) => rich.into(),
        // None of these is made here.
        SlackDataTableCell::ActionCell(_) | SlackDataTableCell::Unknown(_) => {
            SlackTableRawTextCell::new("–".into()).into()
        }
    };
    let rows = table.rows.into_iter().map(|row| row.into_iter().map(cell).collect());
    SlackTableBlock::new(rows.collect()).into()
}

/// Characters of a cell, and of all cells together: Slack takes 10,000.
const CELL: usize = 140;
const CELLS: usize = 9_000;

/// Rows below the head: the older table holds a hundred with it.
/// <https://docs.slack.dev/reference/block-kit/blocks/table-block>
const ROWS: usize = 99;

/// Characters that the count of a table may be short of: dashes, and the dots between links.
const MARGIN: usize = 200;

/// Adds a table to a message whose blocks may hold `most` characters in all, and says how many rows are left out.
pub fn add_table(blocks: &mut Vec<SlackBlock>, table: &Table, most: usize) {
    let room = most.saturating_sub(blocks::weight(blocks) + MARGIN);
    let Some((block, shown)) = self::table(table, room) else { return };
    blocks.push(block);
    if shown < table.rows.len() {
        blocks.push(blocks::context(&format!("+{} more", table.rows.len() - shown)));
    }
}

/// A table of at most `most` characters, and its number of rows. Slack wants a row at least.
fn table(table: &Table, most: usize) -> Option<(SlackBlock, usize)> {
    let room = most.min(CELLS);
    let mut spent: usize = table.heads.iter().map(|head| head.chars().count()).sum();
    let fits = |row: &&Vec<Cell>| {
        spent += row.iter().map(|cell| cell.plain().chars().count().min(CELL)).sum::<usize>();
        spent <= room
    };
    let shown: Vec<&Vec<Cell>> = table.rows.iter().take(ROWS).take_while(fits).collect();
    let is_numeric: Vec<bool> = (0..table.heads.len())
        .map(|at| shown.iter().all(|row| row.get(at).is_some_and(|cell| cell.is_empty() || number(cell).is_some())))
        .collect();
    let row = |row: &&Vec<Cell>| -> Vec<SlackDataTableCell> {
        row.iter().zip(&is_numeric).map(|(cell, numeric)| self::cell(cell, *numeric)).collect()
    };
    let heads = table.heads.iter().map(|head| SlackDataTableCell::from(text(head))).collect();
    let rows: Vec<Vec<SlackDataTableCell>> = std::iter::once(heads).chain(shown.iter().map(row)).collect();
    let caption = if table.caption.is_empty() { table.heads.join(", ") } else { table.caption.clone() };
    let rows_shown = shown.len();
    (rows_shown > 0).then(|| (SlackDataTableBlock::new(caption, rows).with_page_size(PAGE).into(), rows_shown))
}

/// Rows on a page of a table.
const PAGE: u32 = 10;

/// An empty cell would be refused.
fn text(text: &str) -> String {
    let text = cut(&clean(text), CELL);
    if text.is_empty() { "–".to_owned() } else { text }
}

/// A figure to sort by, where a cell is nothing else.
fn number(cell: &Cell) -> Option<serde_json::Number> {
    match cell {
        Cell::Text(text) => serde_json::Number::from_f64(text.parse().ok()?),
        Cell::Said { .. } | Cell::Person { .. } | Cell::Links { .. } => None,
    }
}

fn cell(cell: &Cell, numeric: bool) -> SlackDataTableCell {
    let rich = |bits: Vec<blocks::Bit>| -> SlackDataTableCell {
        SlackTableRichTextCell::new(vec![blocks::paragraph(bits)]).into()
    };
    match cell {
        Cell::Text(words) => match number(cell).filter(|_| numeric) {
            Some(value) => SlackDataTableRawNumberCell::new(value, text(words)).into(),
            None => text(words).into(),
        },
        Cell::Said { said } => text(said).into(),
        Cell::Person { person } if person.as_str().starts_with(lookback_core::text::GONE) => mention(person).into(),
        Cell::Person { person } => rich(vec![blocks::Bit::User(person.clone())]),
        Cell::Links { links } if links.is_empty() => text("").into(),
        Cell::Links { links } => {
            let apart = |at: usize| (at > 0).then(|| blocks::Bit::Text(" · ".into()));
            let bits = links.iter().enumerate().flat_map(|(at, link)| {
                apart(at).into_iter().chain([blocks::Bit::Link(link.address.clone(), link.label.clone())])
            });
            rich(bits.collect())
        }
    }
}

/// Charts in a message, categories in a chart, and characters of a name in it.
/// <https://docs.slack.dev/reference/block-kit/blocks/data-visualization-block>
pub const CHARTS: usize = 2;
const CATEGORIES: usize = 20;
const NAME: usize = 20;

/// A chart; `None` where it would not have a name for each of its values.
pub fn chart(chart: &Chart) -> Option<SlackBlock> {
    let names: Vec<String> = chart.categories.iter().map(|name| cut(&clean(name), NAME)).collect();
    let mut apart = names.clone();
    apart.sort_unstable();
    apart.dedup();
    let fits =
        (2..=CATEGORIES).contains(&names.len()) && apart.len() == names.len() && !apart.iter().any(String::is_empty);
    if !fits || chart.series.iter().any(|series| series.hundredths.len() != names.len()) {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "figures of a release are small")]
    let value = |hundredths: i64| serde_json::Number::from_f64(hundredths as f64 / 100.0);
    let point = |(name, hundredths): (&String, &i64)| Some(SlackChartDataPoint::new(name.clone(), value(*hundredths)?));
    let series = chart.series.iter().map(|series| {
        let points = names.iter().zip(&series.hundredths).filter_map(point).collect();
        SlackChartDataSeries::new(cut(&series.name, NAME), points)
    });
    let mut axis = SlackChartAxisConfig::new(names.clone());
    if !chart.unit.is_empty() {
        axis = axis.with_y_label(cut(&chart.unit, 50));
    }
    let drawn = SlackSeriesChart::new(series.collect(), axis);
    let drawn = match chart.shape {
        Shape::Line => SlackChart::Line(drawn),
        Shape::Bar => SlackChart::Bar(drawn),
    };
    Some(SlackDataVisualizationBlock::new(cut(&chart.title, 50), drawn).into())
}

/// A part of a message that is folded at first: paragraphs of mrkdwn under a title, at most ten.
pub fn folded(title: &str, paragraphs: &[String]) -> SlackBlock {
    let children = paragraphs.iter().take(10).map(|mrkdwn| blocks::section(mrkdwn)).collect();
    SlackContainerBlock::new(children)
        .with_title(blocks::plain(title, 150))
        .with_is_collapsible(true)
        .with_default_collapsed(true)
        .into()
}

/// A warning at the top of a form, as mrkdwn.
pub fn warning(mrkdwn: &str) -> SlackBlock {
    alert(mrkdwn, SlackAlertLevel::Warning)
}

/// What is to be known before a form is filled in, as mrkdwn.
pub fn info(mrkdwn: &str) -> SlackBlock {
    alert(mrkdwn, SlackAlertLevel::Info)
}

fn alert(mrkdwn: &str, level: SlackAlertLevel) -> SlackBlock {
    let text: SlackBlockText = SlackBlockMarkDownText::new(cut(mrkdwn, 3000)).with_verbatim(true).into();
    SlackAlertBlock::new(text).with_level(level).into()
}
