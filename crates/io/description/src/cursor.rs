//! An element with its place in the text: attributes and numbers come out checked or with an error that says where.

use roxmltree::Node;

use crate::DescriptionError;

/// An element of the description.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a, 'input> {
    pub node: Node<'a, 'input>,
}

impl<'a, 'input> Cursor<'a, 'input> {
    pub fn new(node: Node<'a, 'input>) -> Self {
        Self { node }
    }

    /// Line and column from 1.
    pub fn place(&self) -> (u32, u32) {
        let at = self.node.document().text_pos_at(self.node.range().start);
        (at.row, at.col)
    }

    /// `robot/link[arm]/inertial/mass`.
    pub fn path(&self) -> String {
        let mut parts: Vec<String> = self
            .node
            .ancestors()
            .filter(Node::is_element)
            .map(|n| match n.attribute("name") {
                Some(name) if n.tag_name().name() != "robot" => format!("{}[{}]", n.tag_name().name(), shortened(name)),
                _ => n.tag_name().name().to_owned(),
            })
            .collect();
        parts.reverse();
        parts.join("/")
    }

    pub fn error(&self, what: impl Into<String>) -> DescriptionError {
        let (line, column) = self.place();
        DescriptionError::Element { line, column, path: self.path(), what: what.into() }
    }

    pub fn name(&self) -> &'a str {
        self.node.tag_name().name()
    }

    pub fn children(&self) -> impl Iterator<Item = Self> + use<'a, 'input> {
        self.node.children().filter(Node::is_element).map(Self::new)
    }

    /// The child with a name; an error when there are two.
    pub fn child(&self, name: &str) -> Result<Option<Self>, DescriptionError> {
        let mut found = self.children().filter(|c| c.name() == name);
        let first = found.next();
        match found.next() {
            Some(second) => Err(second.error(format!("<{name}> stands there twice"))),
            None => Ok(first),
        }
    }

    pub fn needed_child(&self, name: &str) -> Result<Self, DescriptionError> {
        self.child(name)?.ok_or_else(|| self.error(format!("<{name}> is missing")))
    }

    pub fn text(&self, attribute: &str) -> Result<&'a str, DescriptionError> {
        self.node.attribute(attribute).ok_or_else(|| self.error(format!("attribute {attribute} is missing")))
    }

    /// A finite number.
    pub fn number(&self, attribute: &str) -> Result<f64, DescriptionError> {
        self.parse(attribute, self.text(attribute)?)
    }

    /// A finite number, or `default` when the attribute is absent.
    pub fn number_or(&self, attribute: &str, default: f64) -> Result<f64, DescriptionError> {
        self.node.attribute(attribute).map_or(Ok(default), |text| self.parse(attribute, text))
    }

    /// Three finite numbers, or `default` when the attribute is absent.
    pub fn vector_or(&self, attribute: &str, default: [f64; 3]) -> Result<[f64; 3], DescriptionError> {
        let Some(text) = self.node.attribute(attribute) else { return Ok(default) };
        let mut vector = [0.0; 3];
        let mut words = text.split_ascii_whitespace();
        for value in &mut vector {
            let word = words.next().ok_or_else(|| self.error(format!("{attribute} needs three numbers")))?;
            *value = self.parse(attribute, word)?;
        }
        if words.next().is_some() {
            return Err(self.error(format!("{attribute} has more than three numbers")));
        }
        Ok(vector)
    }

    fn parse(&self, attribute: &str, text: &str) -> Result<f64, DescriptionError> {
        let shown = shortened(text);
        if text.contains("${") || text.contains("$(") {
            let (line, column) = self.place();
            return Err(DescriptionError::Xacro { line, column, found: format!("{attribute}=\"{shown}\"") });
        }
        match text.trim().parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            Ok(_) => Err(self.error(format!("{attribute} = \"{shown}\" is not finite"))),
            Err(_) => Err(self.error(format!("{attribute} = \"{shown}\" is not a number"))),
        }
    }
}

/// At most 80 characters of a hostile text for an error message.
pub(crate) fn shortened(text: &str) -> String {
    if text.chars().count() <= 80 { text.to_owned() } else { text.chars().take(79).chain(std::iter::once('…')).collect() }
}
