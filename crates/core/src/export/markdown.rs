//! The whole retrospective as Markdown, in the shape of the release plan's section. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::ids::UserId;
use crate::model::escalation::Answers;
use crate::model::item::{Item, Priority, State};
use crate::model::note::{Category, Note};
use crate::model::participant::Participant;
use crate::model::retro::Retro;
use crate::model::theme::Found;
use crate::retro::agenda::Rating;
use crate::retro::record::Record;
use crate::retro::table::{Cell, Table};
use crate::text::markdown as md;
use crate::zone;

/// Everything the document holds.
#[derive(Debug)]
pub struct Document<'a> {
    pub retro: &'a Retro,
    pub participants: &'a [Participant],
    pub record: &'a Record,
    pub names: &'a BTreeMap<UserId, String>,
}

impl Document<'_> {
    fn name(&self, user: &UserId) -> String {
        md(self.plain_name(user))
    }

    /// As Slack shows it; the id of who is not known.
    pub(super) fn plain_name<'b>(&'b self, user: &'b UserId) -> &'b str {
        self.names.get(user).map_or(user.as_str(), String::as_str)
    }

    /// The file's name: the version, with what no file system likes replaced.
    pub fn file_name(&self, ending: &str) -> String {
        crate::text::file_name(&self.retro.version, ending)
    }

    /// The text of the file: a document of its own.
    pub fn render(&self) -> String {
        let mut out = format!("# Retrospective: {}\n\n", md(&self.retro.version));
        // Writing to a String cannot fail.
        let _ = self.write(&mut out, "##");
        out
    }

    /// The same below a heading of the second level: what stands in a release plan under `## Retrospective`.
    pub fn section(&self) -> String {
        let mut out = String::new();
        let _ = self.write(&mut out, "###");
        out
    }

    fn write(&self, out: &mut String, h: &str) -> std::fmt::Result {
        let r = self.retro;
        let began = self.record.meeting.as_ref().map(|m| m.began);
        let context = began.or(r.meeting).or(r.ended).unwrap_or(r.started);
        writeln!(out, "**Meeting Date**: {}", zone::show_day(zone::local(context, &r.zone).date()))?;
        let names: Vec<String> = self
            .participants
            .iter()
            .filter(|p| p.answer != crate::model::participant::Answered::Absent)
            .map(|p| self.name(&p.user))
            .collect();
        let (done, all) = self.record.tally;
        writeln!(out, "**Participants**: {} ({done} of {all} answered the survey)", names.join(", "))?;
        writeln!(out, "**Facilitator**: {}", self.name(&r.facilitator))?;
        self.summary(out, h)?;
        if let Some(before) = &self.record.before {
            writeln!(out, "\n{h} Action Items of {}\n", md(&before.version))?;
            self.items(out, &before.items)?;
            for (number, words) in &before.moved {
                writeln!(out, "\n#{number} should move this figure. {}", md(words))?;
            }
        }
        for (title, category) in [
            ("What Went Well ✅", Category::Well),
            ("What Could Be Improved 🔧", Category::Improve),
            ("Key Learnings 💡", Category::Surprise),
            ("What To Change Next Time", Category::Change),
            ("Other Thoughts", Category::Other),
        ] {
            self.themes(out, h, title, category)?;
            if category == Category::Improve {
                self.seen(out)?;
            }
        }
        writeln!(out, "\n{h} Action Items\n")?;
        self.items(out, &self.record.items)?;
        if !self.record.kudos.is_empty() {
            writeln!(out, "\n{h} Kudos 🎉\n")?;
            for k in &self.record.kudos {
                writeln!(out, "- {} for {}", self.name(&k.to), md(&k.text))?;
            }
        }
        self.comparison(out, h)?;
        if let Some(next) = &r.next {
            let day = next.day.map(|d| format!(", planned for {}", zone::show_day(d))).unwrap_or_default();
            writeln!(out, "\nNext retrospective: after {}{day}.", md(&next.version))?;
        }
        Ok(())
    }

    /// What is known of the release: the process's four lines first, then everything else.
    fn summary(&self, out: &mut String, h: &str) -> std::fmt::Result {
        let (facts, tz) = (&self.record.facts, &self.retro.zone);
        let data = &facts.data;
        let mut lines: Vec<(String, String)> = Vec::new();
        let mut add = |label: &str, text: String| lines.push((label.to_owned(), text));
        if let Some(n) = data.incidents.rollbacks {
            add("Deployment Success", if n == 0 { "Success".into() } else { format!("Rolled back ({n})") });
        }
        if let Some(t) = data.deployment() {
            add("Total Duration", format!("{} (planned: {}), the deployment window", t.actual, t.planned));
        }
        if let Some(n) = data.incidents.total {
            add("Incidents", n.to_string());
        }
        if let Some(words) = &data.impact.business {
            add("Business Impact", words.clone());
        }
        for (label, text) in facts.lines(tz) {
            if !matches!(label, "Deployment window" | "Business impact") {
                add(if label == "Incidents" { "Incidents in detail" } else { label }, text);
            }
        }
        for Rating { label, score } in &self.record.ratings {
            add(label, score.to_string());
        }
        if lines.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{h} Release Summary\n")?;
        for (label, text) in lines {
            writeln!(out, "- {}", md(&format!("{label}: {text}")))?;
        }
        if let Some(table) = data.timeline_table() {
            writeln!(out)?;
            self::table(out, &table)?;
        }
        if !data.quality.is_empty() {
            writeln!(out)?;
        }
        for gate in &data.quality {
            let passed = match gate.passed() {
                Some(true) => " ✅ passed",
                Some(false) => " ❌ failed",
                None => "",
            };
            writeln!(out, "- {}: {}{passed}", md(&gate.name), md(&gate.shown()))?;
        }
        let plan = facts.plan();
        for (heading, list) in
            [("Assumptions of the plan", &plan.assumptions), ("Risks that the plan saw", &plan.risks)]
        {
            if !list.is_empty() {
                writeln!(out, "\n{heading}:\n")?;
            }
            for item in list {
                let came_true = if facts.came_true.contains(item) { " (came true)" } else { "" };
                writeln!(out, "- {}{came_true}", md(item))?;
            }
        }
        Ok(())
    }

    /// This release beside those before it.
    fn comparison(&self, out: &mut String, h: &str) -> std::fmt::Result {
        let trend = &self.record.trend;
        if trend.table().heads.len() < 2 {
            return Ok(());
        }
        writeln!(out, "\n{h} Metrics Comparison\n")?;
        self::table(out, &trend.table())?;
        if let Some(overall) = trend.overall() {
            writeln!(out, "\nTrend: {overall}")?;
        }
        Ok(())
    }

    fn themes(&self, out: &mut String, h: &str, title: &str, category: Category) -> std::fmt::Result {
        let found = self.record.themes(category);
        if found.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{h} {title}\n")?;
        for (i, theme) in found.iter().enumerate() {
            let marks = theme.marks().trim_start_matches([' ', '·']).to_owned();
            let marks = if marks.is_empty() {
                marks
            } else {
                format!(" ({})", marks.replacen(' ', ", ", usize::from(theme.count() > 1)))
            };
            let by = if theme.name.is_some() { String::new() } else { self.by(theme.head) };
            writeln!(out, "{}. {}{by}{marks}", i + 1, md(theme.words()))?;
            for note in theme.below() {
                writeln!(out, "   - {}{}", md(&note.text), self.by(note))?;
            }
            for insight in &theme.insights {
                if let Found::Whys { problem, whys, root } = &insight.found {
                    let problem = if problem.is_empty() { theme.words() } else { problem };
                    writeln!(out, "   - 5 Whys: {}", md(problem))?;
                    for why in whys {
                        writeln!(out, "     - Why? {}", md(why))?;
                    }
                    writeln!(out, "     - Root cause: {}", md(root))?;
                    continue;
                }
                for (what, words) in insight.found.lines() {
                    writeln!(out, "   - {what}: {}", md(&words))?;
                }
            }
        }
        Ok(())
    }

    /// What earlier retros had too, and what was said to it.
    fn seen(&self, out: &mut String) -> std::fmt::Result {
        if self.record.recurring.is_empty() {
            return Ok(());
        }
        writeln!(out, "\nSeen before:\n")?;
        for r in &self.record.recurring {
            writeln!(out, "- {}: raised in {} and now, {}", md(&r.text), md(&r.versions()), r.ordinal())?;
            for (what, text) in r.said.iter().flat_map(|e| &e.answers).flat_map(Answers::lines) {
                writeln!(out, "  - {what}: {}", md(text))?;
            }
        }
        Ok(())
    }

    fn by(&self, note: &Note) -> String {
        let author = note.author.as_ref().map(|user| format!(" ({})", self.name(user)));
        let link = note.link.as_ref().map(|link| format!(" ([message]({link}))"));
        [author, link].into_iter().flatten().collect()
    }

    fn items(&self, out: &mut String, items: &[Item]) -> std::fmt::Result {
        if items.is_empty() {
            return writeln!(out, "None.");
        }
        let mut first = true;
        for priority in Priority::ALL {
            let of: Vec<&Item> = items.iter().filter(|i| i.priority == priority).collect();
            if of.is_empty() {
                continue;
            }
            let word = match priority {
                Priority::High => "High",
                Priority::Medium => "Medium",
                Priority::Low => "Low",
            };
            writeln!(out, "{}{word} priority:\n", if first { "" } else { "\n" })?;
            first = false;
            for i in of {
                let state = if i.state == State::Open { String::new() } else { format!(" ({})", i.state.word()) };
                let ticket = match &i.ticket {
                    Some(ticket) if ticket.is_gone => format!("{} ", md(&ticket.plain())),
                    Some(ticket) => format!("[{}]({}) ", md(&ticket.key), ticket.url),
                    None => String::new(),
                };
                writeln!(out, "- #{} {ticket}{}{state}", i.number, md(&i.text))?;
                writeln!(out, "  - Owner: {}", self.name(&i.owner))?;
                writeln!(out, "  - Due: {}", i.due_text())?;
                if let Some(why) = &i.why {
                    writeln!(out, "  - Why: {}", md(why))?;
                }
                if let Some(outcome) = &i.outcome {
                    writeln!(out, "  - Outcome: {}", md(outcome))?;
                }
            }
        }
        Ok(())
    }
}

/// A table as most renderers know it.
/// <https://github.github.com/gfm/#tables-extension->
fn table(out: &mut String, table: &Table) -> std::fmt::Result {
    // Within a cell a sign at the beginning is only a sign.
    let cell = |c: &String| md(&format!(" {c}")).trim_start().to_owned();
    let row = |cells: &[String]| format!("| {} |", cells.iter().map(cell).collect::<Vec<_>>().join(" | "));
    writeln!(out, "{}", row(&table.heads))?;
    writeln!(out, "|{}", " --- |".repeat(table.heads.len()))?;
    for cells in &table.rows {
        writeln!(out, "{}", row(&cells.iter().map(Cell::plain).collect::<Vec<_>>()))?;
    }
    Ok(())
}
