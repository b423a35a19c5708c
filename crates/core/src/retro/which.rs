//! Which retro is meant where several could be.

use super::Refusal;
use crate::model::retro::{Phase, Retro};
use crate::text::{bold, esc};

/// The retros of a channel, as a command finds them.
#[derive(Debug)]
pub struct Candidates<'a> {
    /// The open ones, oldest first; in the thread of one only that.
    pub open: &'a [Retro],
    /// Those that begin by themselves.
    pub scheduled: &'a [Retro],
    /// The newest retro of the named version, whatever became of it.
    pub named: Option<&'a Retro>,
}

impl Candidates<'_> {
    /// The retro that a command means: the named version's, or the only one. `command` is shown as an example.
    pub fn pick(&self, version: Option<&str>, command: &str) -> Result<Retro, Refusal> {
        if let Some(version) = version {
            // One that is over explains itself better than "unknown".
            let found = self.open.iter().find(|r| r.version == version).or(self.named);
            return found.cloned().ok_or_else(|| self.no_such(version));
        }
        let several = if self.open.is_empty() { self.scheduled } else { self.open };
        match several {
            [] => Err(Refusal::NothingOpen),
            [one] => Ok(one.clone()),
            [first, ..] => {
                let example = format!("/retro {command} {}", esc(&first.version));
                Err(Refusal::WhichVersion(names(several), example))
            }
        }
    }

    fn no_such(&self, version: &str) -> Refusal {
        let open = if self.open.is_empty() {
            " Start one with `/retro start`.".to_owned()
        } else {
            format!(" Open here: {}.", names(self.open))
        };
        Refusal::NoSuchVersion { version: bold(version), open }
    }

    /// The retro whose meeting a command means, where it names no version.
    pub fn pick_meeting(&self, command: &str) -> Result<Retro, Refusal> {
        let running: Vec<&Retro> = self.open.iter().filter(|r| r.phase == Phase::Meeting).collect();
        match running.as_slice() {
            [one] => Ok((*one).clone()),
            [] if self.open.len() > 1 => Err(Refusal::NoMeeting),
            _ => self.pick(None, command),
        }
    }
}

fn names(retros: &[Retro]) -> String {
    retros.iter().map(|r| bold(&r.version)).collect::<Vec<_>>().join(", ")
}

/// The retro that words said in the channel belong to: the one with a meeting now (`attended`), else the one that
/// was started last. If the meeting shows names and the latest retro does not, the latest retro gets the words.
pub fn said_to(open: &[Retro], attended: impl Fn(&Retro) -> bool) -> Option<&Retro> {
    let live = open.iter().filter(|r| r.phase == Phase::Meeting && !r.is_async && attended(r));
    let live = live.max_by_key(|r| r.started);
    let last = open.iter().max_by_key(|r| r.started);
    live.filter(|r| r.anonymous || last.is_none_or(|l| !l.anonymous)).or(last)
}

#[cfg(test)]
mod tests {
    use super::super::tests::retro;
    use super::*;

    fn of(version: &str, phase: Phase, anonymous: bool, started: &str) -> Retro {
        let started = started.parse().unwrap();
        Retro { version: version.into(), phase, anonymous, ..retro(started, started) }
    }

    #[test]
    fn the_only_open_one_is_meant_and_several_are_asked_about() {
        let first = of("v1", Phase::Agenda, true, "2026-11-20T09:00:00Z");
        let second = of("v2", Phase::Collecting, true, "2026-11-21T09:00:00Z");
        let both = [first.clone(), second.clone()];
        let one = Candidates { open: &both[..1], scheduled: &both[1..], named: None };
        assert_eq!(one.pick(None, "status"), Ok(first.clone()));
        assert!(matches!(one.pick(Some("v9"), "status"), Err(Refusal::NoSuchVersion { .. })));
        let several = Candidates { open: &both, scheduled: &[], named: None };
        assert_eq!(several.pick(Some("v2"), "status"), Ok(second));
        let asked = several.pick(None, "status").unwrap_err().to_string();
        assert!(asked.contains("*v1*, *v2*") && asked.contains("`/retro status v1`"), "{asked}");
        let none = Candidates { open: &[], scheduled: &[], named: Some(&first) };
        assert_eq!(none.pick(None, "status"), Err(Refusal::NothingOpen));
        assert_eq!(none.pick(Some("v1"), "status"), Ok(first));
        assert_eq!(several.pick_meeting("next"), Err(Refusal::NoMeeting));
    }

    #[test]
    fn what_is_said_goes_to_the_meeting_that_people_sit_in_unless_it_would_show_their_names() {
        let meeting = |anonymous| of("v1", Phase::Meeting, anonymous, "2026-11-20T09:00:00Z");
        let newer = of("v2", Phase::Collecting, true, "2026-11-21T09:00:00Z");
        let meant = |open: &[Retro], sits: bool| said_to(open, |_| sits).map(|r| r.version.clone());
        assert_eq!(meant(&[meeting(true), newer.clone()], true).as_deref(), Some("v1"));
        assert_eq!(meant(&[meeting(false), newer.clone()], true).as_deref(), Some("v2"));
        assert_eq!(meant(&[meeting(true), newer], false).as_deref(), Some("v2"));
        assert_eq!(meant(&[], true), None);
    }
}
