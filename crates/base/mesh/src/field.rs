//! What says which material is where.

/// Materials in space: 0 is outside (nothing is meshed there), every other number is a region of the mesh.
pub trait LabelField: Sync {
    /// Material at a point [m], and a distance [m] within which it is the same for certain (0 when not known).
    fn label(&self, p_m: [f64; 3]) -> (u16, f64);

    /// Where between two materials a point [m] lies: negative nearer to `a`, positive nearer to `b`, zero at their interface.
    ///
    /// Continuous; any scale.
    fn balance(&self, p_m: [f64; 3], a: u16, b: u16) -> f64;
}

/// The region inside of a level set: material 1 where a function is negative.
pub struct LevelSet<F> {
    function: F,
    is_distance: bool,
}

impl<F: Fn([f64; 3]) -> f64 + Sync> LevelSet<F> {
    /// Any continuous function of a point [m], negative inside.
    pub fn new(function: F) -> Self {
        Self { function, is_distance: false }
    }

    /// A signed distance [m], negative inside: |f(p) − f(q)| ≤ |p − q|, so that most of space need not be looked at.
    pub fn distance(function: F) -> Self {
        Self { function, is_distance: true }
    }
}

impl<F: Fn([f64; 3]) -> f64 + Sync> LabelField for LevelSet<F> {
    fn label(&self, p_m: [f64; 3]) -> (u16, f64) {
        let value = (self.function)(p_m);
        let sure = if self.is_distance && value.is_finite() { value.abs() } else { 0.0 };
        (u16::from(value < 0.0), sure)
    }

    fn balance(&self, p_m: [f64; 3], a: u16, b: u16) -> f64 {
        let value = (self.function)(p_m);
        if a > b { value } else { -value }
    }
}

/// Several bodies by one function each: at a point the material is the function that is lowest, outside where none is negative.
///
/// Interfaces lie where two functions are equal, so that neighbours share them.
pub struct LevelSets<F> {
    functions: Vec<F>,
    are_distances: bool,
}

impl<F: Fn([f64; 3]) -> f64 + Sync> LevelSets<F> {
    /// Function i of a point [m], negative inside, belongs to material i + 1.
    pub fn new(functions: Vec<F>) -> Self {
        Self { functions, are_distances: false }
    }

    /// As [`LevelSets::new`], from signed distances [m]: most of space need not be looked at.
    pub fn distances(functions: Vec<F>) -> Self {
        Self { functions, are_distances: true }
    }

    fn value(&self, p_m: [f64; 3], material: u16) -> f64 {
        match material.checked_sub(1).and_then(|i| self.functions.get(usize::from(i))) {
            Some(function) => function(p_m),
            None => 0.0,
        }
    }
}

impl<F: Fn([f64; 3]) -> f64 + Sync> LabelField for LevelSets<F> {
    fn label(&self, p_m: [f64; 3]) -> (u16, f64) {
        let mut best = (0, 0.0);
        let mut second = f64::INFINITY;
        for (i, function) in self.functions.iter().enumerate() {
            let value = function(p_m);
            if value < best.1 {
                second = best.1;
                best = (i as u16 + 1, value);
            } else if value < second {
                second = value;
            }
        }
        // Two distances come nearer to each other by at most twice the way.
        let sure = if self.are_distances && second.is_finite() { 0.5 * (second - best.1) } else { 0.0 };
        (best.0, sure)
    }

    fn balance(&self, p_m: [f64; 3], a: u16, b: u16) -> f64 {
        self.value(p_m, a) - self.value(p_m, b)
    }
}
