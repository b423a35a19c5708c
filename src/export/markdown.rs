//! The whole retrospective as Markdown, in the shape of the release plan's section. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::ids::UserId;
use crate::retro::action::{Item, Priority, State};
use crate::retro::agenda::{Rating, topics};
use crate::retro::note::{Note, Stage};
use crate::retro::record::Record;
use crate::retro::{Participant, Retro};
use crate::text::markdown as md;
use crate::zone;

/// Everything the document holds.
#[derive(Debug)]
pub struct Document<'a> {
    /// The retro.
    pub retro: &'a Retro,
    /// Who was asked.
    pub participants: &'a [Participant],
    /// What it holds.
    pub record: &'a Record,
    /// Display names.
    pub names: &'a BTreeMap<UserId, String>,
}

impl Document<'_> {
    fn name(&self, user: &UserId) -> String {
        md(self.names.get(user).map_or(user.as_str(), String::as_str))
    }

    /// The file's name: the version, with what no file system likes replaced.
    pub fn file_name(&self) -> String {
        let safe: String = self
            .retro
            .version
            .chars()
            .map(|c| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' })
            .collect();
        format!("retrospective-{safe}.md")
    }

    /// The text of the file.
    pub fn render(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let r = self.retro;
        writeln!(out, "# Retrospective: {}\n", md(&r.version))?;
        let held = r.meeting.or(r.ended).unwrap_or(r.started);
        writeln!(out, "**Meeting Date**: {}", zone::show_day(zone::local(held, &r.zone).date()))?;
        writeln!(out, "**Facilitator**: {}", self.name(&r.facilitator))?;
        let names: Vec<String> = self
            .participants
            .iter()
            .filter(|p| p.answer != crate::retro::Answered::Absent)
            .map(|p| self.name(&p.user))
            .collect();
        writeln!(
            out,
            "**Participants**: {} ({} of {} answered the survey)",
            names.join(", "),
            self.record.tally.0,
            self.record.tally.1
        )?;
        if let Some(at) = r.deployed {
            writeln!(out, "**Deployed**: {}", zone::show(at, &r.zone))?;
        }
        for Rating { label, score } in &self.record.ratings {
            writeln!(out, "**{}**: {score}", md(label))?;
        }
        if let Some(before) = &self.record.before {
            writeln!(out, "\n## Action Items of {}\n", md(&before.version))?;
            self.items(out, &before.items)?;
        }
        for (title, stage) in [
            ("What Went Well ✅", Stage::Well),
            ("What Could Be Improved 🔧", Stage::Improve),
            ("Key Learnings 💡", Stage::Surprise),
            ("What To Change Next Time", Stage::Change),
            ("Other Thoughts", Stage::Other),
        ] {
            self.themes(out, title, stage)?;
        }
        writeln!(out, "\n## Action Items\n")?;
        self.items(out, &self.record.items)?;
        if !self.record.kudos.is_empty() {
            writeln!(out, "\n## Kudos 🎉\n")?;
            for k in &self.record.kudos {
                writeln!(out, "- {} for {}", self.name(&k.to), md(&k.text))?;
            }
        }
        if let Some(next) = &r.next {
            let day = next.day.map(|d| format!(", planned for {}", zone::show_day(d))).unwrap_or_default();
            writeln!(out, "\nNext retrospective: after {}{day}.", md(&next.version))?;
        }
        Ok(())
    }

    fn themes(&self, out: &mut String, title: &str, stage: Stage) -> std::fmt::Result {
        let found = topics(&self.record.notes, stage);
        if found.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n## {title}\n")?;
        for (i, topic) in found.iter().enumerate() {
            let times = if topic.count() > 1 { format!(" (×{})", topic.count()) } else { String::new() };
            writeln!(out, "{}. {}{}{times}", i + 1, md(&topic.head.text), self.by(topic.head))?;
            for note in &topic.also {
                writeln!(out, "   - {}{}", md(&note.text), self.by(note))?;
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
            writeln!(out, "{word} priority:\n")?;
            for i in of {
                let state = if i.state == State::Open { String::new() } else { format!(" ({})", i.state.word()) };
                writeln!(out, "- #{} {}{state}", i.number, md(&i.text))?;
                writeln!(out, "  - Owner: {}", self.name(&i.owner))?;
                writeln!(out, "  - Due: {}", i.due_text())?;
                if let Some(why) = &i.why {
                    writeln!(out, "  - Why: {}", md(why))?;
                }
                if let Some(outcome) = &i.outcome {
                    writeln!(out, "  - Outcome: {}", md(outcome))?;
                }
            }
            writeln!(out)?;
        }
        Ok(())
    }
}
