//! Codes of emoji in what people write: `:tada:`.

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    Words(String),
    /// Its name, without colons.
    Emoji(String),
}

/// A text, with the codes in it apart.
pub fn split(text: &str) -> Vec<Piece> {
    let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
    while let Some((before, after)) = rest.split_once(':') {
        plain.push_str(before);
        let name = after.split_once(':').map(|(name, _)| name).filter(|name| is_name(name));
        // `10:30:45` is a time.
        let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        let begins = |c: Option<char>| apart(c) && c != Some(':');
        let left = name.and_then(|name| after.get(name.len() + 1..));
        match (name, left) {
            (Some(name), Some(left)) if begins(plain.chars().next_back()) && apart(left.chars().next()) => {
                pieces.push(Piece::Words(std::mem::take(&mut plain)));
                // `:wave::skin-tone-2:` is one.
                let tone =
                    left.strip_prefix(":skin-tone-").and_then(|t| t.split_once(':')).filter(|(t, _)| t.len() == 1);
                pieces.push(Piece::Emoji(match tone {
                    Some((tone, _)) => format!("{name}::skin-tone-{tone}"),
                    None => name.to_owned(),
                }));
                rest = tone.map_or(left, |(_, left)| left);
            }
            _ => {
                plain.push(':');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    pieces.push(Piece::Words(plain));
    pieces.retain(|piece| *piece != Piece::Words(String::new()));
    pieces
}

/// A name of an emoji: lower case, without spaces. <https://slack.com/help/articles/206870177>
fn is_name(name: &str) -> bool {
    (1..=100).contains(&name.len())
        && name.chars().all(|c| c.is_alphanumeric() && !c.is_uppercase() || matches!(c, '_' | '-' | '+' | '\''))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_and_times_are_none() {
        let shown = |text: &str| -> String {
            let piece = |piece| match piece {
                Piece::Words(words) => words,
                Piece::Emoji(name) => format!("[{name}]"),
            };
            split(text).into_iter().map(piece).collect()
        };
        for (text, pieces) in [
            (":tada: the rollout was calm", "[tada] the rollout was calm"),
            ("calm :wave::skin-tone-2:", "calm [wave::skin-tone-2]"),
            ("(:+1:)", "([+1])"),
            (":100::tada:", "[100][tada]"),
            ("at 10:30:45", "at 10:30:45"),
            ("a::b::c", "a::b::c"),
            ("std::fmt: see", "std::fmt: see"),
            (":not an emoji:", ":not an emoji:"),
            ("", ""),
        ] {
            assert_eq!(shown(text), pieces, "{text}");
        }
    }
}
