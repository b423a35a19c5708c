//! Cuts GraphQL text into tokens: <https://spec.graphql.org/October2021/#sec-Language.Source-Text>.

/// A place in the text. Both count from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Name(String),
    Int(i64),
    Float(f64),
    Text(String),
    Mark(char),
    /// `...`
    Spread,
    End,
}

impl Token {
    /// The token in the words of a syntax error.
    pub fn shown(&self) -> String {
        match self {
            Self::Name(name) => format!("Name \"{name}\""),
            Self::Int(number) => format!("Int \"{number}\""),
            Self::Float(number) => format!("Float \"{number}\""),
            Self::Text(_) => "String".to_owned(),
            Self::Mark(mark) => format!("\"{mark}\""),
            Self::Spread => "\"...\"".to_owned(),
            Self::End => "<EOF>".to_owned(),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Placed {
    pub token: Token,
    pub at: Position,
}

/// The text is no GraphQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub message: String,
    pub at: Position,
}

struct Lexer {
    text: Vec<char>,
    next: usize,
    at: Position,
}

/// The tokens of a text, with [`Token::End`] as the last one.
pub fn tokens(text: &str) -> Result<Vec<Placed>, Wrong> {
    let mut lexer = Lexer { text: text.chars().collect(), next: 0, at: Position { line: 1, column: 1 } };
    let mut tokens = vec![];
    loop {
        lexer.blank();
        let at = lexer.at;
        let token = lexer.token()?;
        let ends = token == Token::End;
        tokens.push(Placed { token, at });
        if ends {
            return Ok(tokens);
        }
    }
}

impl Lexer {
    fn peek(&self) -> Option<char> {
        self.text.get(self.next).copied()
    }

    fn take(&mut self) -> Option<char> {
        let taken = self.peek()?;
        self.next += 1;
        if taken == '\n' {
            self.at = Position { line: self.at.line + 1, column: 1 };
        } else {
            self.at.column += 1;
        }
        Some(taken)
    }

    fn starts(&self, with: &str) -> bool {
        with.chars().enumerate().all(|(i, c)| self.text.get(self.next + i) == Some(&c))
    }

    /// Commas count as blanks.
    fn blank(&mut self) {
        while let Some(next) = self.peek() {
            match next {
                ' ' | '\t' | '\n' | '\r' | ',' | '\u{feff}' => {
                    self.take();
                }
                '#' => while self.take().is_some_and(|c| c != '\n') {},
                _ => return,
            }
        }
    }

    fn wrong<T>(&self, message: &str) -> Result<T, Wrong> {
        Err(Wrong { message: format!("Syntax Error: {message}"), at: self.at })
    }

    fn token(&mut self) -> Result<Token, Wrong> {
        let Some(next) = self.peek() else { return Ok(Token::End) };
        match next {
            '!' | '$' | '&' | '(' | ')' | ':' | '=' | '@' | '[' | ']' | '{' | '|' | '}' => {
                self.take();
                Ok(Token::Mark(next))
            }
            '.' if self.starts("...") => {
                (0..3).for_each(|_| {
                    self.take();
                });
                Ok(Token::Spread)
            }
            '"' if self.starts("\"\"\"") => self.block(),
            '"' => self.string(),
            '-' | '0'..='9' => self.number(),
            'a'..='z' | 'A'..='Z' | '_' => Ok(Token::Name(self.run(|c| c.is_ascii_alphanumeric() || c == '_'))),
            other => self.wrong(&format!("Unexpected character: \"{other}\".")),
        }
    }

    fn run(&mut self, belongs: impl Fn(char) -> bool) -> String {
        let mut run = String::new();
        while let Some(next) = self.peek().filter(|c| belongs(*c)) {
            run.push(next);
            self.take();
        }
        run
    }

    fn number(&mut self) -> Result<Token, Wrong> {
        let text = self.run(|c| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E'));
        let digits = text.trim_start_matches('-');
        if digits.len() > 1 && digits.starts_with('0') && digits.chars().all(|c| c.is_ascii_digit()) {
            return self.wrong("Invalid number, unexpected digit after 0.");
        }
        if let Ok(whole) = text.parse() {
            return Ok(Token::Int(whole));
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Token::Float(number)),
            Ok(_) | Err(_) => self.wrong("Invalid number."),
        }
    }

    fn string(&mut self) -> Result<Token, Wrong> {
        self.take();
        let mut text = String::new();
        loop {
            match self.take() {
                None | Some('\n') => return self.wrong("Unterminated string."),
                Some('"') => return Ok(Token::Text(text)),
                Some('\\') => text.push(self.escaped()?),
                Some(other) => text.push(other),
            }
        }
    }

    fn escaped(&mut self) -> Result<char, Wrong> {
        match self.take() {
            Some(same @ ('"' | '\\' | '/')) => Ok(same),
            Some('b') => Ok('\u{8}'),
            Some('f') => Ok('\u{c}'),
            Some('n') => Ok('\n'),
            Some('r') => Ok('\r'),
            Some('t') => Ok('\t'),
            Some('u') => {
                let hex: String = (0..4).filter_map(|_| self.take()).collect();
                let known = u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32);
                known.map_or_else(|| self.wrong("Invalid Unicode escape sequence."), Ok)
            }
            _ => self.wrong("Invalid character escape sequence."),
        }
    }

    /// A block string. Only its ends are trimmed: nobody sends one but in comments of a schema.
    fn block(&mut self) -> Result<Token, Wrong> {
        (0..3).for_each(|_| {
            self.take();
        });
        let mut text = String::new();
        while !self.starts("\"\"\"") {
            match self.take() {
                Some(next) => text.push(next),
                None => return self.wrong("Unterminated string."),
            }
        }
        (0..3).for_each(|_| {
            self.take();
        });
        Ok(Token::Text(text.trim().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_places_and_strings_their_escapes() {
        let all = tokens("{ a(b: \"c\\n\\u0041\", d: -1.5) # e\n  ...F }").unwrap();
        let shown: Vec<String> = all.iter().map(|t| t.token.shown()).collect();
        let expected = "\"{\"|Name \"a\"|\"(\"|Name \"b\"|\":\"|String|Name \"d\"|\":\"|Float \"-1.5\"|\")\"|\"...\"|Name \"F\"|\"}\"|<EOF>";
        assert_eq!(shown.join("|"), expected);
        assert_eq!(all[5].token, Token::Text("c\nA".into()));
        assert_eq!(all[10].at, Position { line: 2, column: 3 });
        for bad in ["\"a", "{ a ? }", "01", "\"\\x\"", "1e999"] {
            assert!(tokens(bad).is_err(), "{bad}");
        }
    }
}
