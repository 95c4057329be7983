//! Text to words.

use super::super::LogicError;

/// A word of a formula.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    Number(f64),
    Name(String),
    /// Operators and brackets.
    Sign(&'static str),
    End,
}

impl Word {
    pub fn show(&self) -> String {
        match self {
            Self::Number(value) => format!("{value}"),
            Self::Name(name) => format!("\"{name}\""),
            Self::Sign(sign) => format!("\"{sign}\""),
            Self::End => "the end".into(),
        }
    }
}

/// Longer signs first.
const SIGNS: &[&str] =
    &["<->", "->", ">=", "<=", "==", "!=", "&&", "||", ">", "<", "!", "&", "|", "(", ")", "[", "]", ",", ":", "+", "-", "*", "/"];

/// Words with their characters' numbers, from 1; the last is [`Word::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(Word, usize)>, LogicError> {
    let mut words = Vec::new();
    let mut rest = text;
    let mut position = 1;
    while let Some(first) = rest.chars().next() {
        let (word, bytes) = if first.is_whitespace() {
            (None, first.len_utf8())
        } else if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            let bytes = number_length(rest);
            let value: f64 = rest[..bytes].parse().unwrap_or(f64::NAN);
            if !value.is_finite() {
                return Err(LogicError::Syntax { position, message: format!("{} is no number", &rest[..bytes]) });
            }
            (Some(Word::Number(value)), bytes)
        } else if first.is_alphabetic() || first == '_' {
            let bytes = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
            (Some(Word::Name(rest[..bytes].into())), bytes)
        } else if let Some(sign) = SIGNS.iter().find(|s| rest.starts_with(**s)) {
            (Some(Word::Sign(sign)), sign.len())
        } else {
            return Err(LogicError::Syntax { position, message: format!("\"{first}\" begins no word") });
        };
        if let Some(word) = word {
            words.push((word, position));
        }
        position += rest[..bytes].chars().count();
        rest = &rest[bytes..];
    }
    words.push((Word::End, position));
    Ok(words)
}

/// Bytes of the number at the start: digits, a point, an exponent.
fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let after = digits(end + 1 + sign);
        if after > end + 1 + sign {
            end = after;
        }
    }
    end
}
