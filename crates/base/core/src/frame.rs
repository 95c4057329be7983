//! Named frames and typed poses: `pose_world_patient * p_patient` compiles, the wrong product does not.
//!
//! All lengths in metres, all angles in radians. `Pose<To, From>` maps coordinates in `From` to
//! coordinates in `To` (Drake's monogram notation X_AB).

use std::marker::PhantomData;
use std::ops::{Add, Mul, Neg, Sub};

use nalgebra::{Isometry3, Point3, Translation3, UnitQuaternion, Vector3};
use serde::{Deserialize, Serialize};

/// A coordinate frame. Implemented by empty types only.
pub trait Frame: Copy + Clone + std::fmt::Debug + PartialEq + 'static {
    /// Name as written into records.
    const NAME: &'static str;
}

macro_rules! frames {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {}
        impl Frame for $name { const NAME: &'static str = $text; }
    )*};
}

frames! {
    /// The room. x to the right of the chair, y away from it, z up.
    World = "world";
    /// The patient, LPS: x to his left, y to his back, z to his head. Origin: for the arm, the skin in the middle of the elbow crease.
    Patient = "patient_lps";
    /// Base of the robot arm, REP-103: x forward, z up.
    RobotBase = "robot_base";
    /// Flange of the robot arm.
    Flange = "flange";
    /// The needle: origin at the tip, z along the shaft from hub to tip, y out of the bevel.
    Needle = "needle";
    /// The ultrasound probe: origin at the centre of its face, x along the elements, z into the tissue.
    Probe = "probe";
    /// A camera: origin at the pinhole, x right and y down in the picture, z forward.
    Camera = "camera";
    /// A picture: x columns, y rows.
    Image = "image";
}

/// A point in the frame `F` [m].
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Position<F: Frame>(pub Point3<f64>, PhantomData<F>);

/// A free vector in the frame `F`; its unit is the caller's.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Direction<F: Frame>(pub Vector3<f64>, PhantomData<F>);

/// Maps coordinates in `From` to coordinates in `To` [m].
#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Pose<To: Frame, From: Frame>(pub Isometry3<f64>, PhantomData<(To, From)>);

impl<F: Frame> Clone for Position<F> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<F: Frame> Copy for Position<F> {}
impl<F: Frame> Clone for Direction<F> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<F: Frame> Copy for Direction<F> {}
impl<To: Frame, From: Frame> Clone for Pose<To, From> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<To: Frame, From: Frame> Copy for Pose<To, From> {}

impl<F: Frame> Position<F> {
    /// Point with the coordinates x, y, z [m].
    #[must_use]
    pub fn new(x: f64, y: f64, z: f64) -> Self {
        Self(Point3::new(x, y, z), PhantomData)
    }
    /// Wrap bare coordinates that are known to be in `F`.
    #[must_use]
    pub fn from_raw(point: Point3<f64>) -> Self {
        Self(point, PhantomData)
    }
    /// Distance to another point of the same frame [m].
    #[must_use]
    pub fn distance(&self, other: &Self) -> f64 {
        (self.0 - other.0).norm()
    }
}

impl<F: Frame> Direction<F> {
    /// Vector with the components x, y, z.
    #[must_use]
    pub fn new(x: f64, y: f64, z: f64) -> Self {
        Self(Vector3::new(x, y, z), PhantomData)
    }
    /// Wrap bare components that are known to be in `F`.
    #[must_use]
    pub fn from_raw(vector: Vector3<f64>) -> Self {
        Self(vector, PhantomData)
    }
    /// The same direction with length 1. A zero vector stays zero.
    #[must_use]
    pub fn normalised(&self) -> Self {
        let norm = self.0.norm();
        if norm > 0.0 { Self::from_raw(self.0 / norm) } else { *self }
    }
}

impl<To: Frame, From: Frame> Pose<To, From> {
    /// The two frames coincide.
    #[must_use]
    pub fn identity() -> Self {
        Self(Isometry3::identity(), PhantomData)
    }
    /// Wrap a bare isometry that is known to map `From` to `To`.
    #[must_use]
    pub fn from_raw(isometry: Isometry3<f64>) -> Self {
        Self(isometry, PhantomData)
    }
    /// From the position of `From`'s origin in `To` [m] and its orientation.
    #[must_use]
    pub fn from_parts(p_to_from: Position<To>, rotation: UnitQuaternion<f64>) -> Self {
        Self::from_raw(Isometry3::from_parts(Translation3::from(p_to_from.0.coords), rotation))
    }
    /// From the position of `From`'s origin and the directions of `From`'s x and z axes, all in `To`.
    ///
    /// z is kept, x is made perpendicular to it, y completes the right-handed frame.
    /// # Requires
    /// `x` and `z` finite, not zero, not parallel.
    #[must_use]
    pub fn from_axes(p_to_from: Position<To>, x: Direction<To>, z: Direction<To>) -> Self {
        let z = z.0.normalize();
        let x = (x.0 - z * z.dot(&x.0)).normalize();
        let y = z.cross(&x);
        let rotation = nalgebra::Rotation3::from_matrix_unchecked(nalgebra::Matrix3::from_columns(&[x, y, z]));
        Self::from_parts(p_to_from, UnitQuaternion::from_rotation_matrix(&rotation))
    }
    /// Maps `To` to `From`.
    #[must_use]
    pub fn inverse(&self) -> Pose<From, To> {
        Pose::from_raw(self.0.inverse())
    }
    /// Origin of `From` in `To` [m].
    #[must_use]
    pub fn origin(&self) -> Position<To> {
        Position::from_raw(Point3::from(self.0.translation.vector))
    }
    /// The x, y or z axis (0, 1, 2) of `From` expressed in `To`.
    #[must_use]
    pub fn axis(&self, axis: usize) -> Direction<To> {
        let mut unit = Vector3::zeros();
        unit[axis.min(2)] = 1.0;
        Direction::from_raw(self.0.rotation * unit)
    }
    /// Angle between this pose and another [rad].
    #[must_use]
    pub fn angle_to(&self, other: &Self) -> f64 {
        self.0.rotation.angle_to(&other.0.rotation)
    }
}

impl<A: Frame, B: Frame, C: Frame> Mul<Pose<B, C>> for Pose<A, B> {
    type Output = Pose<A, C>;
    fn mul(self, other: Pose<B, C>) -> Pose<A, C> {
        Pose::from_raw(self.0 * other.0)
    }
}
impl<A: Frame, B: Frame> Mul<Position<B>> for Pose<A, B> {
    type Output = Position<A>;
    fn mul(self, point: Position<B>) -> Position<A> {
        Position::from_raw(self.0 * point.0)
    }
}
impl<A: Frame, B: Frame> Mul<Direction<B>> for Pose<A, B> {
    type Output = Direction<A>;
    fn mul(self, vector: Direction<B>) -> Direction<A> {
        Direction::from_raw(self.0.rotation * vector.0)
    }
}
impl<F: Frame> Sub for Position<F> {
    type Output = Direction<F>;
    fn sub(self, other: Self) -> Direction<F> {
        Direction::from_raw(self.0 - other.0)
    }
}
impl<F: Frame> Add<Direction<F>> for Position<F> {
    type Output = Self;
    fn add(self, vector: Direction<F>) -> Self {
        Self::from_raw(self.0 + vector.0)
    }
}
impl<F: Frame> Add for Direction<F> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::from_raw(self.0 + other.0)
    }
}
impl<F: Frame> Sub for Direction<F> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::from_raw(self.0 - other.0)
    }
}
impl<F: Frame> Neg for Direction<F> {
    type Output = Self;
    fn neg(self) -> Self {
        Self::from_raw(-self.0)
    }
}
impl<F: Frame> Mul<f64> for Direction<F> {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Self::from_raw(self.0 * factor)
    }
}
