//! Cameras: orthographic and perspective.

use nalgebra::Vector3;

/// Maps patient coordinates [m] to picture coordinates [pixel] and depth [m].
#[derive(Clone, Debug)]
pub(crate) struct Camera {
    right: Vector3<f64>,
    up: Vector3<f64>,
    forward: Vector3<f64>,
    /// Orthographic: any point of the middle ray. Perspective: the eye.
    origin: Vector3<f64>,
    /// Pixels per metre (orthographic), or pixels per unit slope (perspective).
    zoom: f64,
    perspective: bool,
    centre: [f64; 2],
}

/// Nearest depth that a perspective camera sees [m].
const NEAR_M: f64 = 0.01;

impl Camera {
    /// A camera that looks along `forward` with `up` upwards, without perspective: `pixels_per_m` everywhere.
    pub fn orthographic(look_at: Vector3<f64>, forward: Vector3<f64>, up: Vector3<f64>, pixels_per_m: f64, size: [u32; 2]) -> Self {
        let (right, up, forward) = axes(forward, up);
        let centre = [0.5 * f64::from(size[0]), 0.5 * f64::from(size[1])];
        // One metre back, so that every depth is positive.
        Self { right, up, forward, origin: look_at - forward, zoom: pixels_per_m, perspective: false, centre }
    }

    /// A camera at `eye` that looks at `look_at`; at the distance of `look_at` it shows `pixels_per_m`.
    pub fn perspective(eye: Vector3<f64>, look_at: Vector3<f64>, up: Vector3<f64>, pixels_per_m: f64, size: [u32; 2]) -> Self {
        let (right, up, forward) = axes(look_at - eye, up);
        let distance = (look_at - eye).norm().max(NEAR_M);
        let centre = [0.5 * f64::from(size[0]), 0.5 * f64::from(size[1])];
        Self { right, up, forward, origin: eye, zoom: pixels_per_m * distance, perspective: true, centre }
    }

    /// Picture column, picture row and depth; `None` behind the eye.
    pub fn project(&self, p: &Vector3<f64>) -> Option<[f64; 3]> {
        let d = p - self.origin;
        let depth = d.dot(&self.forward);
        let scale = if self.perspective {
            if depth < NEAR_M {
                return None;
            }
            self.zoom / depth
        } else {
            self.zoom
        };
        Some([self.centre[0] + scale * d.dot(&self.right), self.centre[1] - scale * d.dot(&self.up), depth])
    }

    /// Unit vector from a point to the eye.
    pub fn to_eye(&self, p: &Vector3<f64>) -> Vector3<f64> {
        if self.perspective { (self.origin - p).try_normalize(0.0).unwrap_or(-self.forward) } else { -self.forward }
    }

    /// A direction given in the camera's axes (right, up, towards the viewer), in the patient frame.
    pub fn direction(&self, right: f64, up: f64, back: f64) -> Vector3<f64> {
        (self.right * right + self.up * up - self.forward * back).normalize()
    }

    /// Pixels per metre, if that is the same everywhere.
    pub fn pixels_per_m(&self) -> Option<f64> {
        (!self.perspective).then_some(self.zoom)
    }
}

/// Right-handed axes: right × up points back at the viewer.
fn axes(forward: Vector3<f64>, up: Vector3<f64>) -> (Vector3<f64>, Vector3<f64>, Vector3<f64>) {
    let forward = forward.try_normalize(1e-12).unwrap_or_else(Vector3::y);
    let right = forward.cross(&up).try_normalize(1e-12).unwrap_or_else(|| {
        let helper = if forward.x.abs() < 0.9 { Vector3::x() } else { Vector3::y() };
        forward.cross(&helper).normalize()
    });
    (right, right.cross(&forward), forward)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Show the shoulder to the right when looking at the palm side, and the right scale.
    #[test]
    fn palm_view_has_the_shoulder_on_the_right() {
        let camera = Camera::orthographic(Vector3::zeros(), Vector3::y(), -Vector3::x(), 1000.0, [200, 100]);
        let [x, y, depth] = camera.project(&Vector3::new(0.0, 0.0, 0.02)).unwrap();
        assert!((x - 120.0).abs() < 1e-9 && (y - 50.0).abs() < 1e-9 && (depth - 1.0).abs() < 1e-9);
        let [_, y, _] = camera.project(&Vector3::new(0.01, 0.0, 0.0)).unwrap();
        assert!((y - 60.0).abs() < 1e-9);
    }

    /// Keep the stated scale at the point looked at, and see nothing behind the eye.
    #[test]
    fn perspective_keeps_its_scale() {
        let camera = Camera::perspective(Vector3::new(0.0, -0.2, 0.0), Vector3::zeros(), -Vector3::x(), 1000.0, [200, 100]);
        let [x, ..] = camera.project(&Vector3::new(0.0, 0.0, 0.02)).unwrap();
        assert!((x - 120.0).abs() < 1e-9);
        assert!(camera.project(&Vector3::new(0.0, -0.3, 0.0)).is_none());
    }
}
