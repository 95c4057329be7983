//! Words to nodes, by recursive descent of bounded depth.

use super::super::{Comparison, Formula, LogicError, Node, Window};
use super::lexer::Word;
use super::{DEPTH_MAX, NODE_COUNT_MAX};

struct Parser<'a> {
    words: &'a [(Word, usize)],
    at: usize,
    depth: usize,
    nodes: Vec<Node>,
    variables: Vec<String>,
}

type Parsed = Result<u32, LogicError>;

/// A formula from its words, of which the last is the end.
pub(super) fn parse(words: &[(Word, usize)]) -> Result<Formula, LogicError> {
    let mut parser = Parser { words, at: 0, depth: 0, nodes: Vec::new(), variables: Vec::new() };
    let root = parser.loose()?;
    if *parser.word() != Word::End {
        return Err(parser.fault(&format!("{} is not expected here", parser.word().show())));
    }
    parser.truth(root, 1)?;
    Ok(Formula { nodes: parser.nodes, variables: parser.variables })
}

impl Parser<'_> {
    fn word(&self) -> &Word {
        &self.words[self.at.min(self.words.len() - 1)].0
    }

    fn position(&self) -> usize {
        self.words[self.at.min(self.words.len() - 1)].1
    }

    fn fault(&self, message: &str) -> LogicError {
        LogicError::Syntax { position: self.position(), message: message.into() }
    }

    /// Take one of some names or signs.
    fn take(&mut self, any: &[&str]) -> bool {
        let found = match self.word() {
            Word::Name(name) => any.contains(&name.as_str()),
            Word::Sign(sign) => any.contains(sign),
            _ => false,
        };
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &'static str) -> Result<(), LogicError> {
        if self.take(&[sign]) { Ok(()) } else { Err(self.fault(&format!("\"{sign}\" is expected, not {}", self.word().show()))) }
    }

    fn push(&mut self, node: Node) -> Parsed {
        if self.nodes.len() >= NODE_COUNT_MAX {
            return Err(LogicError::TooLarge { name: "count of nodes", found: self.nodes.len() + 1, max: NODE_COUNT_MAX });
        }
        self.nodes.push(node);
        Ok(self.nodes.len() as u32 - 1)
    }

    fn truth(&self, node: u32, position: usize) -> Result<(), LogicError> {
        if self.nodes[node as usize].is_number() && !matches!(self.nodes[node as usize], Node::Constant(c) if c.is_infinite()) {
            return Err(LogicError::Syntax { position, message: "a truth value is needed, this is a number: compare it".into() });
        }
        Ok(())
    }

    fn number(&self, node: u32, position: usize) -> Result<(), LogicError> {
        if self.nodes[node as usize].is_number() && !matches!(self.nodes[node as usize], Node::Constant(c) if c.is_infinite()) {
            return Ok(());
        }
        Err(LogicError::Syntax { position, message: "a number is needed, this is a truth value".into() })
    }

    /// Two truth values joined.
    fn join(&mut self, a: u32, b: u32, start: usize, second: usize, make: fn(u32, u32) -> Node) -> Parsed {
        self.truth(a, start)?;
        self.truth(b, second)?;
        self.push(make(a, b))
    }

    /// Operators of one strength, to the left.
    fn chain(&mut self, words: &[&str], make: fn(u32, u32) -> Node, tighter: fn(&mut Self) -> Parsed) -> Parsed {
        let start = self.position();
        let mut a = tighter(self)?;
        while self.take(words) {
            let second = self.position();
            let b = tighter(self)?;
            a = self.join(a, b, start, second, make)?;
        }
        Ok(a)
    }

    fn loose(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(LogicError::TooLarge { name: "depth", found: self.depth, max: DEPTH_MAX });
        }
        let parsed = self.chain(&["iff", "<->"], Node::Iff, |p| p.chain(&["xor"], Node::Xor, Self::implies));
        self.depth -= 1;
        parsed
    }

    fn implies(&mut self) -> Parsed {
        let start = self.position();
        let a = self.chain(&["or", "||", "|"], Node::Or, |p| p.chain(&["and", "&&", "&"], Node::And, Self::until))?;
        if !self.take(&["implies", "->"]) {
            return Ok(a);
        }
        let second = self.position();
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(LogicError::TooLarge { name: "depth", found: self.depth, max: DEPTH_MAX });
        }
        let b = self.implies()?;
        self.depth -= 1;
        self.join(a, b, start, second, Node::Implies)
    }

    fn until(&mut self) -> Parsed {
        let start = self.position();
        let mut a = self.unary()?;
        loop {
            let ahead = self.take(&["until", "U"]);
            if !ahead && !self.take(&["since", "S"]) {
                return Ok(a);
            }
            let window = self.window()?;
            let second = self.position();
            let b = self.unary()?;
            self.truth(a, start)?;
            self.truth(b, second)?;
            a = self.push(if ahead { Node::Until(window, a, b) } else { Node::Since(window, a, b) })?;
        }
    }

    fn unary(&mut self) -> Parsed {
        let make: fn(Window, u32) -> Node = if self.take(&["not", "!"]) {
            |_, a| Node::Not(a)
        } else if self.take(&["next", "X"]) {
            |_, a| Node::Next(a)
        } else if self.take(&["prev", "Y"]) {
            |_, a| Node::Previous(a)
        } else if self.take(&["always", "G"]) {
            Node::Always
        } else if self.take(&["eventually", "F"]) {
            Node::Eventually
        } else if self.take(&["historically", "H"]) {
            Node::Historically
        } else if self.take(&["once", "O"]) {
            Node::Once
        } else {
            return self.comparison();
        };
        // Only the four with a window may be followed by one: a truth value never starts with a bracket "[".
        let probe = make(Window::ALL, 0);
        let timed = matches!(probe, Node::Always(..) | Node::Eventually(..) | Node::Historically(..) | Node::Once(..));
        let window = if timed { self.window()? } else { Window::ALL };
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(LogicError::TooLarge { name: "depth", found: self.depth, max: DEPTH_MAX });
        }
        let start = self.position();
        let a = self.unary()?;
        self.depth -= 1;
        self.truth(a, start)?;
        self.push(make(window, a))
    }

    fn window(&mut self) -> Result<Window, LogicError> {
        if !self.take(&["["]) {
            return Ok(Window::ALL);
        }
        let start = self.position();
        let low_s = self.bound()?;
        if !self.take(&[",", ":"]) {
            return Err(self.fault(&format!("\",\" is expected, not {}", self.word().show())));
        }
        let high_s = self.bound()?;
        self.expect("]")?;
        if low_s.is_infinite() || high_s < low_s {
            return Err(LogicError::Syntax { position: start, message: format!("the window {low_s} s to {high_s} s is empty") });
        }
        Ok(Window { low_s, high_s })
    }

    fn bound(&mut self) -> Result<f64, LogicError> {
        if self.take(&["inf"]) {
            return Ok(f64::INFINITY);
        }
        let Word::Number(value) = *self.word() else {
            return Err(self.fault(&format!("a time is expected, not {}", self.word().show())));
        };
        self.at += 1;
        let units = [("s", 1.0), ("ms", 1e-3), ("us", 1e-6), ("min", 60.0)];
        Ok(units.iter().find(|(unit, _)| self.take(&[unit])).map_or(value, |(_, scale)| value * scale))
    }

    fn comparison(&mut self) -> Parsed {
        let start = self.position();
        let a = self.sum()?;
        let comparison = if self.take(&[">=", ">"]) {
            Comparison::AtLeast
        } else if self.take(&["<=", "<"]) {
            Comparison::AtMost
        } else if self.take(&["=="]) {
            Comparison::Equal
        } else if self.take(&["!="]) {
            Comparison::Unequal
        } else {
            return Ok(a);
        };
        let second = self.position();
        let b = self.sum()?;
        self.number(a, start)?;
        self.number(b, second)?;
        self.push(Node::Compare(comparison, a, b))
    }

    fn arithmetic(&mut self, a: u32, start: usize, tighter: fn(&mut Self) -> Parsed, make: fn(u32, u32) -> Node) -> Parsed {
        let second = self.position();
        let b = tighter(self)?;
        self.number(a, start)?;
        self.number(b, second)?;
        self.push(make(a, b))
    }

    fn sum(&mut self) -> Parsed {
        let start = self.position();
        let mut a = self.product()?;
        loop {
            a = if self.take(&["+"]) {
                self.arithmetic(a, start, Self::product, Node::Sum)?
            } else if self.take(&["-"]) {
                self.arithmetic(a, start, Self::product, Node::Difference)?
            } else {
                return Ok(a);
            };
        }
    }

    fn product(&mut self) -> Parsed {
        let start = self.position();
        let mut a = self.factor()?;
        loop {
            a = if self.take(&["*"]) {
                self.arithmetic(a, start, Self::factor, Node::Product)?
            } else if self.take(&["/"]) {
                self.arithmetic(a, start, Self::factor, Node::Quotient)?
            } else {
                return Ok(a);
            };
        }
    }

    fn factor(&mut self) -> Parsed {
        // Signs are counted, so that a thousand of them are no thousand calls.
        let mut minus = 0;
        while self.take(&["-"]) {
            minus += 1;
        }
        let start = self.position();
        let mut a = self.atom()?;
        if minus > 0 {
            self.number(a, start)?;
        }
        if minus % 2 == 1 {
            a = match self.nodes[a as usize] {
                Node::Constant(value) => {
                    self.nodes[a as usize] = Node::Constant(-value);
                    a
                }
                _ => self.push(Node::Negative(a))?,
            };
        }
        Ok(a)
    }

    fn atom(&mut self) -> Parsed {
        if self.take(&["("]) {
            let inner = self.loose()?;
            self.expect(")")?;
            return Ok(inner);
        }
        let start = self.position();
        match self.word().clone() {
            Word::Number(value) => {
                self.at += 1;
                self.push(Node::Constant(value))
            }
            Word::Name(name) => {
                self.at += 1;
                match name.as_str() {
                    "true" => self.push(Node::Constant(f64::INFINITY)),
                    "false" => self.push(Node::Constant(f64::NEG_INFINITY)),
                    "abs" | "rise" | "fall" => {
                        self.expect("(")?;
                        let inner = self.loose()?;
                        self.expect(")")?;
                        if name == "abs" {
                            self.number(inner, start)?;
                            return self.push(Node::Absolute(inner));
                        }
                        self.truth(inner, start)?;
                        self.push(if name == "rise" { Node::Rise(inner) } else { Node::Fall(inner) })
                    }
                    word if RESERVED.contains(&word) => {
                        Err(LogicError::Syntax { position: start, message: format!("\"{word}\" has nothing to its left") })
                    }
                    _ => self.variable(name),
                }
            }
            word => Err(self.fault(&format!("a value is expected, not {}", word.show()))),
        }
    }

    fn variable(&mut self, name: String) -> Parsed {
        let number = self.variables.iter().position(|v| *v == name).unwrap_or_else(|| {
            self.variables.push(name);
            self.variables.len() - 1
        });
        self.push(Node::Variable(number as u32))
    }
}

/// Words that cannot be variables.
const RESERVED: &[&str] = &[
    "iff",
    "xor",
    "implies",
    "or",
    "and",
    "until",
    "U",
    "since",
    "S",
    "not",
    "next",
    "X",
    "prev",
    "Y",
    "always",
    "G",
    "eventually",
    "F",
    "historically",
    "H",
    "once",
    "O",
    "inf",
];

#[cfg(test)]
mod tests {
    use super::super::super::{Formula, LogicError};
    use proptest::prelude::*;

    #[track_caller]
    fn fails_at(text: &str, place: usize) {
        match Formula::parse(text) {
            Err(LogicError::Syntax { position, .. }) => assert_eq!(position, place, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }

    /// Name the character at which a text stops being a formula.
    #[test]
    fn errors_have_a_place() {
        fails_at("", 1);
        fails_at("x", 1);
        fails_at("(x >= 0", 8);
        fails_at("x >= 0 and", 11);
        fails_at("x >= 0 and y", 12);
        fails_at("always[3,1](x>=0)", 8);
        fails_at("always[0,](x>=0)", 10);
        fails_at("x >= 0 ) ", 8);
        fails_at("abs(x>=0) <= 1", 1);
        fails_at("ä >= 0 § 1", 8);
        fails_at("x >= 1e999", 6);
        fails_at("until x", 1);
        fails_at("G[inf,inf] x>0", 3);
        fails_at("not 3", 5);
    }

    /// Read windows in any unit and operators of the right strength.
    #[test]
    fn strengths_are_kept() {
        let same = |a: &str, b: &str| assert_eq!(Formula::parse(a).unwrap(), Formula::parse(b).unwrap(), "{a} / {b}");
        same("G x>=0 & y>=0 | z>=0 -> x<0", "((always (x>=0)) and (y>=0)) or (z>=0) implies (x<0)");
        same("F[0:500ms] x > 1 U[1,2] y<2", "(eventually[0,0.5](x>1)) until[1,2] (y<2)");
        same("x>0 -> y>0 -> z>0", "x>0 -> (y>0 -> z>0)");
        same("x - 1 - 2 * y / 3 >= -4", "((x - 1) - ((2*y)/3)) >= -4");
        same("- - x >= --4", "x >= 4");
        assert!(Formula::parse("true").is_ok() && Formula::parse("G[0,inf] (x == 3)").is_ok());
    }

    /// Bound depth and size.
    #[test]
    fn depth_is_bounded() {
        for (open, close) in [("(", ")"), ("not ", ""), ("G ", ""), ("x>0 -> ", ""), ("abs(", ")"), ("rise(", ")")] {
            let text = format!("{}x>0{}", open.repeat(9_000), close.repeat(9_000));
            assert!(Formula::parse(&text).is_err(), "{open}");
        }
        assert!(matches!(Formula::parse(&" ".repeat(100_000)), Err(LogicError::TooLarge { .. })));
        assert!(matches!(Formula::parse(&format!("x>0{}", " & x>0".repeat(9_000))), Err(LogicError::TooLarge { .. })));
    }

    proptest! {
        /// Answer any text with a formula or an error.
        #[test]
        fn any_text_is_answered(text in "[-xyGFUSHOXY()\\[\\],:0-9.e<>=!&|+*/ aäß]{0,60}") {
            let _ = Formula::parse(&text);
        }
    }
}
