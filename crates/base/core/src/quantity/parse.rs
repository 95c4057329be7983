//! Reads numbers and units. Any text gives a value or a place and a reason.

use super::Dimension;
use super::table::{self, REFUSED};

/// Longest text that is read [bytes].
pub(super) const TEXT_BYTES_MAX: usize = 200;
/// Parentheses inside parentheses.
const DEPTH_MAX: u32 = 8;
/// Greatest exponent of a unit; UCUM's charts need 3.
const EXPONENT_MAX: i8 = 12;

/// Where it went wrong, and why.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mistake {
    /// Offset into the text [bytes].
    pub at: usize,
    pub what: String,
}

type Parsed<T> = Result<T, Mistake>;

fn mistake<T>(at: usize, what: impl Into<String>) -> Parsed<T> {
    Err(Mistake { at, what: what.into() })
}

/// Size of a unit in SI: factor · 10^ten.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    pub factor: f64,
    pub ten: i32,
    pub offset: f64,
    pub dimension: Dimension,
}

const ONE: Scale = Scale { factor: 1.0, ten: 0, offset: 0.0, dimension: Dimension::NONE };

impl Scale {
    /// A value in this unit, in SI.
    pub fn to_si(self, value: f64) -> f64 {
        shifted(value * self.factor, self.ten) + self.offset
    }

    /// A value in SI, in this unit.
    pub fn of_si(self, si: f64) -> f64 {
        shifted((si - self.offset) / self.factor, -self.ten)
    }
}

/// x · 10^ten. Rounded once up to 10²², which is the last power of ten that is a float.
fn shifted(x: f64, ten: i32) -> f64 {
    let mut x = x;
    let mut left = ten.unsigned_abs();
    while left > 0 {
        let part = left.min(22);
        let power = (0..part).fold(1.0, |product, _| product * 10.0);
        x = if ten < 0 { x / power } else { x * power };
        left -= part;
    }
    x
}

/// A number, then a unit or nothing. Returns the number, the unit and where the unit starts.
pub(super) fn quantity(text: &str) -> Parsed<(f64, Scale, usize)> {
    let mut cursor = Cursor::new(text)?;
    cursor.skip_spaces();
    let number = cursor.signed_number()?;
    cursor.skip_spaces();
    let start = cursor.at;
    let scale = if cursor.rest().is_empty() { ONE } else { cursor.product(0)? };
    cursor.end()?;
    Ok((number, scale, start))
}

/// A unit alone; the empty text is the unit 1.
pub(super) fn unit(text: &str) -> Parsed<Scale> {
    let mut cursor = Cursor::new(text)?;
    cursor.skip_spaces();
    let scale = if cursor.rest().is_empty() { ONE } else { cursor.product(0)? };
    cursor.end()?;
    Ok(scale)
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn new(text: &'a str) -> Parsed<Self> {
        if text.len() > TEXT_BYTES_MAX {
            return mistake(TEXT_BYTES_MAX, format!("longer than {TEXT_BYTES_MAX} bytes"));
        }
        Ok(Self { text, at: 0 })
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let found = self.peek().filter(|c| wanted(*c))?;
        self.at += found.len_utf8();
        Some(found)
    }

    fn eat_while(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let start = self.at;
        while self.eat(&wanted).is_some() {}
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn skip_spaces(&mut self) {
        self.eat_while(|c| c == ' ' || c == '\t' || c == '\u{a0}' || c == '\u{202f}');
    }

    fn end(&mut self) -> Parsed<()> {
        self.skip_spaces();
        match self.peek() {
            None => Ok(()),
            Some(c) => mistake(self.at, format!("\"{}\" is not expected here", c.escape_debug())),
        }
    }

    fn signed_number(&mut self) -> Parsed<f64> {
        let negative = self.eat(|c| matches!(c, '+' | '-' | '\u{2212}')).is_some_and(|c| c != '+');
        let number = self.number()?;
        if self.peek() == Some(',') {
            return mistake(self.at, "a comma; decimals are written with a point");
        }
        Ok(if negative { -number } else { number })
    }

    /// Digits, a fraction, an exponent of ten; no sign.
    fn number(&mut self) -> Parsed<f64> {
        let start = self.at;
        let whole = self.eat_while(|c| c.is_ascii_digit()).len();
        let mut digits = whole;
        if self.peek() == Some('.') && self.rest().chars().nth(1).is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
            digits += self.eat_while(|c| c.is_ascii_digit()).len();
        }
        if digits == 0 {
            return mistake(start, "a number is expected");
        }
        // "5 eV" has no exponent: there a digit must follow.
        let mut tail = self.rest().chars();
        if matches!(tail.next(), Some('e' | 'E')) {
            let next = tail.next();
            let digit = if matches!(next, Some('+' | '-')) { tail.next() } else { next };
            if digit.is_some_and(|c| c.is_ascii_digit()) {
                self.at += 2;
                self.eat_while(|c| c.is_ascii_digit());
            }
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => mistake(start, format!("{text} is too large")),
        }
    }

    /// Terms joined by multiplication and division.
    fn product(&mut self, depth: u32) -> Parsed<Scale> {
        let mut divide = self.eat(|c| c == '/').is_some();
        let start = self.at;
        let mut total = ONE;
        for count in 0.. {
            self.skip_spaces();
            let at = self.at;
            let term = self.term(depth)?;
            if total.offset != 0.0 || (term.offset != 0.0 && (count > 0 || divide)) {
                return mistake(if total.offset == 0.0 { at } else { start }, OFFSET_ALONE);
            }
            let dimension = if divide { total.dimension.over(&term.dimension) } else { total.dimension.times(&term.dimension) };
            let factor = if divide { total.factor / term.factor } else { total.factor * term.factor };
            let ten = if divide { total.ten - term.ten } else { total.ten + term.ten };
            total = sized(at, factor, ten, dimension)?;
            total.offset = term.offset;
            let here = self.at;
            self.skip_spaces();
            match self.eat(|c| matches!(c, '/' | '.' | '*' | '·' | '⋅')) {
                Some(operator) => divide = operator == '/',
                None => {
                    self.at = here;
                    break;
                }
            }
        }
        Ok(total)
    }

    fn term(&mut self, depth: u32) -> Parsed<Scale> {
        let start = self.at;
        let mut scale = match self.peek() {
            Some('(') => {
                if depth >= DEPTH_MAX {
                    return mistake(start, "too many parentheses");
                }
                self.at += 1;
                let inner = self.product(depth + 1)?;
                self.skip_spaces();
                if self.eat(|c| c == ')').is_none() {
                    return mistake(self.at, "\")\" is expected");
                }
                inner
            }
            Some('{') => ONE,
            Some(c) if c.is_ascii_digit() => return self.counted(start, depth),
            _ => self.atom()?,
        };
        if let Some(exponent) = self.exponent()? {
            if scale.offset != 0.0 {
                return mistake(start, OFFSET_ALONE);
            }
            let size = (0..exponent.unsigned_abs()).fold(1.0, |product, _| product * scale.factor);
            let factor = if exponent < 0 { 1.0 / size } else { size };
            scale = sized(start, factor, scale.ten * i32::from(exponent), scale.dimension.power(exponent))?;
        }
        self.annotation()?;
        Ok(scale)
    }

    /// A number inside a unit, with the unit that follows it directly: `1.73m2`, `10*3`.
    fn counted(&mut self, start: usize, depth: u32) -> Parsed<Scale> {
        let power_of_ten = ["10*", "10^"].iter().any(|head| {
            self.rest().strip_prefix(head).is_some_and(|tail| tail.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+'))
        });
        if power_of_ten {
            self.at += 3;
            let exponent = self.exponent()?.unwrap_or(0);
            self.annotation()?;
            return sized(start, 1.0, i32::from(exponent), Some(Dimension::NONE));
        }
        let number = self.number()?;
        if number == 0.0 {
            return mistake(start, "a unit of no size");
        }
        let factor = match self.peek() {
            Some(c) if starts_atom(c) => {
                let at = self.at;
                let unit = self.term(depth)?;
                if unit.offset != 0.0 {
                    return mistake(at, OFFSET_ALONE);
                }
                return sized(start, number * unit.factor, unit.ten, Some(unit.dimension));
            }
            _ => number,
        };
        self.annotation()?;
        sized(start, factor, 0, Some(Dimension::NONE))
    }

    fn atom(&mut self) -> Parsed<Scale> {
        let start = self.at;
        loop {
            let run = self.eat_while(|c| starts_atom(c) && c != '[');
            // The only names with digits in them.
            if run.ends_with("mH") && self.rest().starts_with("2O") {
                self.at += 2;
            } else if self.peek() == Some('[') {
                self.eat_while(|c| c != ']' && c != '/' && c != ' ');
                if self.eat(|c| c == ']').is_none() {
                    return mistake(self.at, "\"]\" is expected");
                }
            } else {
                break;
            }
        }
        let name = self.text.get(start..self.at).unwrap_or_default();
        if name.is_empty() {
            let found = self.peek().map_or_else(|| "the end".into(), |c| format!("\"{}\"", c.escape_debug()));
            return mistake(start, format!("a unit is expected, not {found}"));
        }
        if let Some((_, why)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
            return mistake(start, *why);
        }
        match table::find(name) {
            Some(atom) => Ok(Scale { factor: atom.factor, ten: atom.ten, offset: atom.offset, dimension: atom.dimension }),
            None => mistake(start, format!("there is no unit \"{}\"", name.escape_debug())),
        }
    }

    /// `2`, `-1`, `^2`, `²`, `⁻¹`, or nothing.
    fn exponent(&mut self) -> Parsed<Option<i8>> {
        const RAISED: &str = "⁰¹²³⁴⁵⁶⁷⁸⁹";
        let start = self.at;
        let marked = self.eat(|c| c == '^').is_some();
        let negative = self.eat(|c| matches!(c, '-' | '+' | '⁻' | '\u{2212}')).is_some_and(|c| c != '+');
        let digits = self.eat_while(|c| c.is_ascii_digit() || RAISED.contains(c));
        if digits.is_empty() {
            return if self.at == start {
                Ok(None)
            } else {
                mistake(self.at, if marked { "an exponent is expected" } else { "a digit is expected" })
            };
        }
        let plain: String = digits.chars().map(|c| RAISED.chars().zip('0'..).find(|(r, _)| *r == c).map_or(c, |(_, d)| d)).collect();
        match plain.parse::<i8>() {
            Ok(size) if size <= EXPONENT_MAX => Ok(Some(if negative { -size } else { size })),
            _ => mistake(start, format!("the exponent is above {EXPONENT_MAX}")),
        }
    }

    /// `{…}`: says what is counted, counts nothing.
    fn annotation(&mut self) -> Parsed<()> {
        let start = self.at;
        if self.eat(|c| c == '{').is_some() {
            self.eat_while(|c| c != '}' && c != '{');
            if self.eat(|c| c == '}').is_none() {
                return mistake(start, "\"{\" is not closed");
            }
        }
        Ok(())
    }
}

const OFFSET_ALONE: &str = "a scale with an offset stands alone; a temperature difference is in K";

fn starts_atom(c: char) -> bool {
    c.is_ascii_alphabetic() || matches!(c, '%' | '°' | 'µ' | 'μ' | 'Ω' | 'Å' | '[')
}

/// A unit whose size can be computed with.
fn sized(at: usize, factor: f64, ten: i32, dimension: Option<Dimension>) -> Parsed<Scale> {
    let usable = |x: f64| x.is_finite() && x >= f64::MIN_POSITIVE;
    match dimension {
        Some(dimension) if usable(factor) && usable(shifted(factor, ten)) => Ok(Scale { factor, ten, offset: 0.0, dimension }),
        _ => mistake(at, "the unit is too large or too small"),
    }
}
