//! Arithmetic in drug files: `9.3 * (weight/70)^0.71 * (age/30)^(-0.39)`.
//!
//! Numbers, names, `+ − * / ^ < >`, brackets and `exp ln sqrt min max if`. No loops, no definitions, no recursion:
//! a formula is a list of at most [`OPERATION_COUNT_MAX`] operations and always ends.

use proband_core::ops;

/// Longest formula that is read [bytes].
pub const FORMULA_BYTES_MAX: usize = 600;
/// Most operations of one formula.
pub const OPERATION_COUNT_MAX: usize = 300;
/// Deepest nesting of brackets, signs and powers.
const DEPTH_MAX: u32 = 24;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Op {
    Number(f64),
    Name(u16),
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Negate,
    Less,
    Greater,
    Exp,
    Ln,
    Sqrt,
    Min,
    Max,
    If,
}

/// A formula over named numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    program: Vec<Op>,
}

/// Where and why a formula cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormulaFault {
    /// Byte in the formula, from 0.
    pub at: usize,
    /// What is wrong.
    pub what: String,
}

impl Formula {
    /// Read a formula. `names`: what it may refer to; a value's index is that of its name.
    ///
    /// # Errors
    /// [`FormulaFault`] with the place.
    pub fn parse(text: &str, names: &[String]) -> Result<Self, FormulaFault> {
        if text.len() > FORMULA_BYTES_MAX {
            return Err(FormulaFault { at: FORMULA_BYTES_MAX, what: format!("longer than {FORMULA_BYTES_MAX} bytes") });
        }
        let mut parser = Parser { text: text.as_bytes(), at: 0, depth: 0, names, program: Vec::new() };
        parser.comparison()?;
        parser.space();
        if parser.at < parser.text.len() {
            parser.fault("an operator or the end was expected")
        } else {
            Ok(Self { program: parser.program })
        }
    }

    /// Whether the formula refers to the name with this index.
    #[must_use]
    pub fn uses(&self, index: usize) -> bool {
        self.program.iter().any(|op| matches!(op, Op::Name(i) if usize::from(*i) == index))
    }

    /// The value; NaN or infinite where the arithmetic is (division by 0, logarithm of a negative number).
    #[must_use]
    pub fn value(&self, values: &[f64]) -> f64 {
        let mut stack: Vec<f64> = Vec::with_capacity(16);
        for op in &self.program {
            let value = match op {
                Op::Number(x) => *x,
                Op::Name(i) => values.get(usize::from(*i)).copied().unwrap_or(f64::NAN),
                Op::Negate | Op::Exp | Op::Ln | Op::Sqrt => {
                    let a = stack.pop().unwrap_or(f64::NAN);
                    match op {
                        Op::Negate => -a,
                        Op::Exp => ops::exp(a),
                        Op::Ln => ops::ln(a),
                        _ => a.sqrt(),
                    }
                }
                Op::If => {
                    let (otherwise, then, condition) = (stack.pop(), stack.pop(), stack.pop());
                    if condition.unwrap_or(f64::NAN) > 0.5 { then.unwrap_or(f64::NAN) } else { otherwise.unwrap_or(f64::NAN) }
                }
                _ => {
                    let (b, a) = (stack.pop().unwrap_or(f64::NAN), stack.pop().unwrap_or(f64::NAN));
                    binary(*op, a, b)
                }
            };
            stack.push(value);
        }
        stack.pop().unwrap_or(f64::NAN)
    }
}

fn binary(op: Op, a: f64, b: f64) -> f64 {
    match op {
        Op::Add => a + b,
        Op::Subtract => a - b,
        Op::Multiply => a * b,
        Op::Divide => a / b,
        Op::Power => ops::powf(a, b),
        Op::Less => f64::from(u8::from(a < b)),
        Op::Greater => f64::from(u8::from(a > b)),
        Op::Min => a.min(b),
        _ => a.max(b),
    }
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
    depth: u32,
    names: &'a [String],
    program: Vec<Op>,
}

type Parsed = Result<(), FormulaFault>;

impl Parser<'_> {
    fn fault<T>(&self, what: impl Into<String>) -> Result<T, FormulaFault> {
        Err(FormulaFault { at: self.at, what: what.into() })
    }

    fn space(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        self.space();
        let is = self.text.get(self.at) == Some(&byte);
        self.at += usize::from(is);
        is
    }

    fn push(&mut self, op: Op) -> Parsed {
        if self.program.len() >= OPERATION_COUNT_MAX {
            return self.fault(format!("more than {OPERATION_COUNT_MAX} operations"));
        }
        self.program.push(op);
        Ok(())
    }

    fn deeper(&mut self, inner: fn(&mut Self) -> Parsed) -> Parsed {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return self.fault(format!("nested deeper than {DEPTH_MAX}"));
        }
        inner(self)?;
        self.depth -= 1;
        Ok(())
    }

    fn comparison(&mut self) -> Parsed {
        self.sum()?;
        for (byte, op) in [(b'<', Op::Less), (b'>', Op::Greater)] {
            if self.take(byte) {
                self.sum()?;
                return self.push(op);
            }
        }
        Ok(())
    }

    fn sum(&mut self) -> Parsed {
        self.product()?;
        loop {
            if self.take(b'+') {
                self.product()?;
                self.push(Op::Add)?;
            } else if self.take(b'-') {
                self.product()?;
                self.push(Op::Subtract)?;
            } else {
                return Ok(());
            }
        }
    }

    fn product(&mut self) -> Parsed {
        self.signed()?;
        loop {
            if self.take(b'*') {
                self.signed()?;
                self.push(Op::Multiply)?;
            } else if self.take(b'/') {
                self.signed()?;
                self.push(Op::Divide)?;
            } else {
                return Ok(());
            }
        }
    }

    fn signed(&mut self) -> Parsed {
        if self.take(b'-') {
            self.deeper(Self::signed)?;
            return self.push(Op::Negate);
        }
        self.primary()?;
        if self.take(b'^') {
            self.deeper(Self::signed)?;
            self.push(Op::Power)?;
        }
        Ok(())
    }

    fn primary(&mut self) -> Parsed {
        if self.take(b'(') {
            self.deeper(Self::comparison)?;
            return if self.take(b')') { Ok(()) } else { self.fault("\")\" was expected") };
        }
        let start = self.at;
        match self.text.get(self.at) {
            Some(byte) if byte.is_ascii_digit() || *byte == b'.' => self.number(start),
            Some(byte) if byte.is_ascii_alphabetic() => self.name(start),
            _ => self.fault("a number, a name or \"(\" was expected"),
        }
    }

    fn number(&mut self, start: usize) -> Parsed {
        let mut end = start;
        while let Some(byte) = self.text.get(end) {
            let sign_of_exponent = matches!(byte, b'+' | b'-') && matches!(self.text[end - 1], b'e' | b'E');
            if byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E') || (end > start && sign_of_exponent) {
                end += 1;
            } else {
                break;
            }
        }
        let text = std::str::from_utf8(&self.text[start..end]).unwrap_or_default();
        match text.parse::<f64>() {
            Ok(value) if value.is_finite() => {
                self.at = end;
                self.push(Op::Number(value))
            }
            _ => self.fault(format!("\"{text}\" is no number")),
        }
    }

    fn name(&mut self, start: usize) -> Parsed {
        let mut end = start;
        while self.text.get(end).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_') {
            end += 1;
        }
        let name = std::str::from_utf8(&self.text[start..end]).unwrap_or_default().to_owned();
        let function = match name.as_str() {
            "exp" => Some((Op::Exp, 1)),
            "ln" => Some((Op::Ln, 1)),
            "sqrt" => Some((Op::Sqrt, 1)),
            "min" => Some((Op::Min, 2)),
            "max" => Some((Op::Max, 2)),
            "if" => Some((Op::If, 3)),
            _ => None,
        };
        if let Some((op, argument_count)) = function {
            self.at = end;
            return self.call(&name, op, argument_count);
        }
        match self.names.iter().position(|known| *known == name) {
            Some(index) => {
                self.at = end;
                self.push(Op::Name(u16::try_from(index).unwrap_or(u16::MAX)))
            }
            None => self.fault(format!("\"{name}\" is not known here")),
        }
    }

    fn call(&mut self, name: &str, op: Op, argument_count: u32) -> Parsed {
        if !self.take(b'(') {
            return self.fault(format!("\"(\" was expected after {name}"));
        }
        for index in 0..argument_count {
            if index > 0 && !self.take(b',') {
                return self.fault(format!("{name} takes {argument_count} values"));
            }
            self.deeper(Self::comparison)?;
        }
        if !self.take(b')') {
            return self.fault(format!("\")\" was expected: {name} takes {argument_count} values"));
        }
        self.push(op)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: f64) {
        let names: Vec<String> = ["weight", "age"].map(String::from).to_vec();
        let value = Formula::parse(text, &names).unwrap().value(&[70.0, 35.0]);
        assert!((value - expected).abs() <= 1e-14 * expected.abs(), "{text} = {value}");
    }

    /// Follow the usual order of operations.
    #[test]
    fn order_of_operations() {
        check("1 + 2 * 3", 7.0);
        check("2^3^2", 512.0);
        check("-2^2", -4.0);
        check("8 / 2 / 2 - 1", 1.0);
        check("2^-1", 0.5);
        check("exp(ln(weight)) * (age/35)", 70.0);
        check("if(age < 40, min(1, 2), max(1, 2))", 1.0);
        check("1.5e-3 * 1E3", 1.5);
    }

    /// Name the place of what cannot be read.
    #[test]
    fn faults_have_a_place() {
        for (text, at) in [("1 + ", 4), ("1 + blood", 4), ("(1", 2), ("min(1)", 5), ("1..2", 0), ("1 2", 2), ("", 0), ("1 & 2", 2)] {
            assert_eq!(Formula::parse(text, &[]).unwrap_err().at, at, "{text}");
        }
        assert!(Formula::parse(&"(".repeat(500), &[]).is_err());
        assert!(Formula::parse(&"-".repeat(500), &[]).is_err());
        assert!(Formula::parse(&"1+".repeat(5000), &[]).is_err());
    }
}
