//! Three numbers as a vector: the few operations that meshes need.

/// A point or vector in metres.
pub(crate) type V3 = [f64; 3];

#[inline]
pub(crate) fn add(a: V3, b: V3) -> V3 {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

#[inline]
pub(crate) fn sub(a: V3, b: V3) -> V3 {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

#[inline]
pub(crate) fn scale(a: V3, s: f64) -> V3 {
    [a[0] * s, a[1] * s, a[2] * s]
}

/// a + s b.
#[inline]
pub(crate) fn along(a: V3, b: V3, s: f64) -> V3 {
    [a[0] + s * b[0], a[1] + s * b[1], a[2] + s * b[2]]
}

/// The point at fraction t from a to b.
#[inline]
pub(crate) fn mix(a: V3, b: V3, t: f64) -> V3 {
    along(a, sub(b, a), t)
}

#[inline]
pub(crate) fn dot(a: V3, b: V3) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[inline]
pub(crate) fn cross(a: V3, b: V3) -> V3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[inline]
pub(crate) fn norm(a: V3) -> f64 {
    dot(a, a).sqrt()
}

/// Unit vector, or zero where there is no direction.
#[inline]
pub(crate) fn unit(a: V3) -> V3 {
    let length = norm(a);
    if length > 0.0 { scale(a, 1.0 / length) } else { [0.0; 3] }
}

/// Six times the signed volume of a tetrahedron: det[b − a, c − a, d − a].
#[inline]
pub(crate) fn det(a: V3, b: V3, c: V3, d: V3) -> f64 {
    dot(sub(b, a), cross(sub(c, a), sub(d, a)))
}

#[inline]
pub(crate) fn is_finite(a: V3) -> bool {
    a.iter().all(|x| x.is_finite())
}

/// Smallest box around points, as its lowest and highest corner; low above high when there is none.
pub(crate) fn bounds(points: impl IntoIterator<Item = V3>) -> (V3, V3) {
    points.into_iter().fold(([f64::INFINITY; 3], [f64::NEG_INFINITY; 3]), |(low, high), p| {
        (std::array::from_fn(|i| low[i].min(p[i])), std::array::from_fn(|i| high[i].max(p[i])))
    })
}
