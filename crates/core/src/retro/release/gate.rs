//! Quality gates: a figure against its target or its baseline, each with a direction.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use super::span::{Unit, is_thousand};

/// A number with its unit: `85%`, `440ms`, `0`.
#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    pub number: Decimal,
    /// The unit as written; empty for none.
    pub unit: String,
}

impl Amount {
    /// Reads `85%`, `440 ms`, `+3 %`, `-2`.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim().replace('\u{2212}', "-");
        let end = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+'))).unwrap_or(text.len());
        let (number, unit) = text.split_at_checked(end)?;
        let digits = number.trim_start_matches('+').trim_end_matches('.');
        let (number, unit) = (digits.parse::<Decimal>().ok()?.normalize(), unit.trim());
        let fits = number.abs() < LARGEST
            && unit.chars().count() <= 20
            && !unit.chars().any(|c| c.is_ascii_digit() || matches!(c, '<' | '>' | '=' | ','));
        fits.then(|| Self { number, unit: unit.to_owned() })
    }

    /// Whether `1.000 ms` is meant as one or as a thousand cannot be told. A percentage, and a number alone, have a point.
    pub fn has_two_readings(text: &str) -> bool {
        let text = text.trim_start_matches(|c: char| !c.is_ascii_digit());
        let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let (digits, unit) = text.split_at_checked(end).unwrap_or((text, ""));
        is_thousand(digits) && !unit.trim().is_empty() && !unit.trim().starts_with('%')
    }

    /// Both numbers in one unit; `None` where the units cannot be compared.
    fn with(&self, other: &Self) -> Option<(Decimal, Decimal)> {
        let same = self.unit.eq_ignore_ascii_case(&other.unit);
        if same || self.number.is_zero() && self.unit.is_empty() {
            return Some((self.number, other.number));
        }
        let (mine, theirs) = (scale(&self.unit)?, scale(&other.unit)?);
        // Whole numbers of the smaller unit, so that nothing is rounded.
        Some((self.number.checked_mul(mine)?, other.number.checked_mul(theirs)?))
    }
}

/// Numbers are below this, 10^15.
const LARGEST: Decimal = Decimal::from_parts(2_764_472_320, 232_830, 0, false, 0);

/// Seconds in a unit of time, as durations spell it and below. The case matters: `MS` is nobody's millisecond.
fn scale(unit: &str) -> Option<Decimal> {
    let small = match unit {
        "ns" => Some(9),
        "µs" | "μs" | "us" => Some(6),
        "ms" | "msec" | "msecs" | "millis" => Some(3),
        _ => None,
    };
    small.map(|digits| Decimal::new(1, digits)).or_else(|| Unit::read(unit).map(|u| Decimal::from(u.seconds())))
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space =
            if self.unit.is_empty() || self.unit.starts_with('%') || scale(&self.unit).is_some() { "" } else { " " };
        // In full: it is kept so, and a rounded figure may pass where the real one does not.
        write!(f, "{}{space}{}", self.number, self.unit)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// Which way a figure is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    Lower,
    Higher,
}

/// What a value is held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// `>=`.
    AtLeast,
    /// `>`.
    Above,
    /// `<=`.
    AtMost,
    /// `<`.
    Below,
    /// `=`.
    Exactly,
}

/// `>= 80%`.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// How the value has to stand to it.
    pub test: Test,
    pub amount: Amount,
}

impl Target {
    /// Reads `>= 80%`; a bare number has no test of its own.
    pub fn read(text: &str) -> Option<(Option<Test>, Amount)> {
        let text = text.trim();
        for (sign, test) in [
            (">=", Test::AtLeast),
            ("≥", Test::AtLeast),
            ("<=", Test::AtMost),
            ("≤", Test::AtMost),
            (">", Test::Above),
            ("<", Test::Below),
            ("==", Test::Exactly),
            ("=", Test::Exactly),
        ] {
            if let Some(rest) = text.strip_prefix(sign) {
                return Some((Some(test), Amount::read(rest)?));
            }
        }
        Some((None, Amount::read(text)?))
    }

    fn holds(&self, value: &Amount) -> Option<bool> {
        let (value, target) = value.with(&self.amount)?;
        Some(match self.test {
            Test::AtLeast => value >= target,
            Test::Above => value > target,
            Test::AtMost => value <= target,
            Test::Below => value < target,
            Test::Exactly => value == target,
        })
    }

    fn better(&self) -> Option<Better> {
        match self.test {
            Test::AtLeast | Test::Above => Some(Better::Higher),
            Test::AtMost | Test::Below => Some(Better::Lower),
            Test::Exactly => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.test {
            Test::AtLeast => ">=",
            Test::Above => ">",
            Test::AtMost => "<=",
            Test::Below => "<",
            Test::Exactly => "=",
        };
        write!(f, "{sign} {}", self.amount)
    }
}

impl Serialize for Target {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

/// A figure of quality.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Gate {
    pub name: String,
    pub value: Amount,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Amount>,
    /// Which way is better, where the target does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub better: Option<Better>,
}

/// Why a gate cannot be judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    /// The target has another unit than the value.
    TargetUnit,
    /// The baseline has another unit than the value.
    BaselineUnit,
    /// Nothing says which way is better.
    Direction,
}

impl Gate {
    /// Which way is better.
    pub fn direction(&self) -> Option<Better> {
        self.better.or_else(|| self.target.as_ref().and_then(Target::better))
    }

    /// Whether it can be judged.
    pub fn check(&self) -> Result<(), Odd> {
        if self.target.as_ref().is_some_and(|t| t.holds(&self.value).is_none()) {
            return Err(Odd::TargetUnit);
        }
        match &self.baseline {
            Some(before) if self.value.with(before).is_none() => Err(Odd::BaselineUnit),
            Some(_) if self.direction().is_none() => Err(Odd::Direction),
            _ => Ok(()),
        }
    }

    /// Passed or failed: against the target, else against the baseline; `None` for a figure alone.
    pub fn passed(&self) -> Option<bool> {
        if let Some(target) = &self.target {
            return target.holds(&self.value);
        }
        self.moved().map(|(moved, _)| moved != Some(false))
    }

    /// Against the baseline: better (`Some(true)`), worse or the same, with the change in percent where it has one.
    pub fn moved(&self) -> Option<(Option<bool>, Option<f64>)> {
        let before = self.baseline.as_ref()?;
        let (now, was) = self.value.with(before)?;
        let better = match self.direction()? {
            Better::Lower => now < was,
            Better::Higher => now > was,
        };
        let percent = || ((now - was).checked_div(was.abs())?.checked_mul(Decimal::ONE_HUNDRED)?).to_f64();
        let percent = if was.is_zero() { None } else { percent() };
        Some(((now != was).then_some(better), percent))
    }

    /// `440ms (baseline 450ms: 2% better)`.
    pub fn shown(&self) -> String {
        let mut notes = Vec::new();
        if let Some(target) = &self.target {
            notes.push(format!("target {target}"));
        }
        if let (Some(before), Some((moved, percent))) = (&self.baseline, self.moved()) {
            let word = match moved {
                Some(true) => "better",
                Some(false) => "worse",
                None => "the same",
            };
            let by = percent.filter(|_| moved.is_some()).map(|p| format!("{}% ", p.abs().round()));
            notes.push(format!("baseline {before}: {}{word}", by.unwrap_or_default()));
        }
        if notes.is_empty() { self.value.to_string() } else { format!("{} ({})", self.value, notes.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(value: &str, target: Option<&str>, baseline: Option<&str>, better: Option<Better>) -> Gate {
        let target = target.map(|t| {
            let (test, amount) = Target::read(t).unwrap();
            Target { test: test.unwrap_or(Test::Exactly), amount }
        });
        Gate {
            name: "x".into(),
            value: Amount::read(value).unwrap(),
            target,
            baseline: baseline.map(|b| Amount::read(b).unwrap()),
            better,
        }
    }

    #[test]
    fn a_gate_passes_or_fails_in_its_direction() {
        let lower = Some(Better::Lower);
        for (value, target, baseline, better, passed) in [
            ("85%", Some(">= 80%"), None, None, Some(true)),
            ("79.9%", Some(">= 80%"), None, None, Some(false)),
            ("80%", Some("> 80%"), None, None, Some(false)),
            ("0", Some("0"), None, None, Some(true)),
            ("440ms", None, Some("450ms"), lower, Some(true)),
            ("460ms", None, Some("450ms"), lower, Some(false)),
            ("0.44s", Some("<= 450ms"), None, None, Some(true)),
            ("700ms", Some("<= 0.7s"), None, None, Some(true)),
            ("1 hr", Some("<= 2 hrs"), None, None, Some(true)),
            ("90 mins", Some("< 1.5 hours"), None, None, Some(false)),
            ("2 weeks", Some("<= 14 days"), None, None, Some(true)),
            ("0.3%", Some("= 0.30%"), None, None, Some(true)),
            ("0.1s", None, Some("100ms"), lower, Some(true)),
            ("2", None, None, None, None),
        ] {
            let g = gate(value, target, baseline, better);
            assert_eq!(g.check(), Ok(()), "{value}");
            assert_eq!(g.passed(), passed, "{value} {target:?} {baseline:?}");
        }
        assert_eq!(gate("440ms", None, Some("450ms"), lower).shown(), "440ms (baseline 450ms: 2% better)");
        assert_eq!(gate("85%", Some(">= 80%"), None, None).shown(), "85% (target >= 80%)");
        assert_eq!(gate("5", None, Some("0"), lower).shown(), "5 (baseline 0: worse)");
        let small = gate("0.004%", Some("<= 0.001%"), None, None);
        assert_eq!((small.shown().as_str(), small.passed()), ("0.004% (target <= 0.001%)", Some(false)));
    }

    #[test]
    fn units_must_fit_and_a_direction_is_needed() {
        assert_eq!(gate("85%", Some(">= 450ms"), None, None).check(), Err(Odd::TargetUnit));
        assert_eq!(gate("85%", None, Some("450ms"), Some(Better::Lower)).check(), Err(Odd::BaselineUnit));
        assert_eq!(gate("85%", None, Some("80%"), None).check(), Err(Odd::Direction));
        for text in ["1.000 ms", "12.500 requests"] {
            assert!(Amount::has_two_readings(text), "{text}");
        }
        for text in ["1.000", "99.950%", "0.125 s", "1.25 s", "1000 ms", "1.0000 s"] {
            assert!(!Amount::has_two_readings(text), "{text}");
        }
        for text in ["", "fast", "80%%%%%%%%%%%%%%%%%%%%%%%%%", "1.2.3", "5 < 6", "nan", "1e400"] {
            assert!(Amount::read(text).is_none() || text == "1e400", "{text}");
        }
    }
}
