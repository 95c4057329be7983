//! The fixed header of NIfTI-1 and NIfTI-2, in either byte order.

use proband_core::{Patient, Warnings};
use proband_volume::Grid;

use crate::ImageError;
use crate::volume::samples::{Endian, Kind, Layout, grid_lps};

/// NIfTI is RAS: x and y point the other way in LPS.
pub(crate) const RAS: [f64; 3] = [-1.0, -1.0, 1.0];

/// What the header says, before it is believed.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    pub format: &'static str,
    /// Whether the values lie in a second file.
    pub pair: bool,
    pub endian: Endian,
    dim: [i64; 8],
    datatype: i16,
    pixdim: [f64; 8],
    pub data_at: u64,
    slope: f64,
    intercept: f64,
    units: u8,
    qform_code: i32,
    sform_code: i32,
    quaternion: [f64; 3],
    q_offset: [f64; 3],
    srow: [[f64; 4]; 3],
}

/// Numbers at fixed places, in one byte order. Places beyond the end read as zero: the length is checked before.
struct Fields<'a> {
    bytes: &'a [u8],
    endian: Endian,
}

impl Fields<'_> {
    fn take<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut out = [0; N];
        if let Some(bytes) = self.bytes.get(at..at + N) {
            out.copy_from_slice(bytes);
        }
        if self.endian == Endian::Big {
            out.reverse();
        }
        out
    }
    fn i16(&self, at: usize) -> i16 {
        i16::from_le_bytes(self.take(at))
    }
    fn i32(&self, at: usize) -> i32 {
        i32::from_le_bytes(self.take(at))
    }
    fn i64(&self, at: usize) -> i64 {
        i64::from_le_bytes(self.take(at))
    }
    fn f32(&self, at: usize) -> f64 {
        f64::from(f32::from_le_bytes(self.take(at)))
    }
    fn f64(&self, at: usize) -> f64 {
        f64::from_le_bytes(self.take(at))
    }
}

/// Bytes of the longest header.
pub(crate) const HEADER_BYTES_MAX: u64 = 540;

/// Read the header at the start of `bytes`.
///
/// Places of the fields: Cox et al. 2004, the NIfTI-1 data format (nifti1.h); NIfTI-2: nifti2.h, 2011.
pub(crate) fn parse(bytes: &[u8]) -> Result<Header, ImageError> {
    let damaged = |what: String| ImageError::Damaged { format: "NIfTI", place: "header", what };
    let little = Fields { bytes, endian: Endian::Little };
    let big = Fields { bytes, endian: Endian::Big };
    match (little.i32(0), big.i32(0)) {
        (348, _) if bytes.len() >= 348 => one(&little).ok_or_else(|| damaged("magic is neither \"n+1\" nor \"ni1\"".into())),
        (_, 348) if bytes.len() >= 348 => one(&big).ok_or_else(|| damaged("magic is neither \"n+1\" nor \"ni1\"".into())),
        (540, _) if bytes.len() >= 540 => two(&little).ok_or_else(|| damaged("magic is neither \"n+2\" nor \"ni2\"".into())),
        (_, 540) if bytes.len() >= 540 => two(&big).ok_or_else(|| damaged("magic is neither \"n+2\" nor \"ni2\"".into())),
        (size, _) => Err(damaged(format!("{} bytes that begin with the header size {size}; 348 or 540 is expected", bytes.len()))),
    }
}

fn one(f: &Fields<'_>) -> Option<Header> {
    let pair = match f.bytes.get(344..348)? {
        b"n+1\0" => false,
        b"ni1\0" => true,
        _ => return None,
    };
    Some(Header {
        format: "NIfTI-1",
        pair,
        endian: f.endian,
        dim: std::array::from_fn(|i| i64::from(f.i16(40 + 2 * i))),
        datatype: f.i16(70),
        pixdim: std::array::from_fn(|i| f.f32(76 + 4 * i)),
        data_at: if pair { 0 } else { f.f32(108).clamp(0.0, 1e9) as u64 },
        slope: f.f32(112),
        intercept: f.f32(116),
        units: f.bytes[123],
        qform_code: f.i16(252).into(),
        sform_code: f.i16(254).into(),
        quaternion: std::array::from_fn(|i| f.f32(256 + 4 * i)),
        q_offset: std::array::from_fn(|i| f.f32(268 + 4 * i)),
        srow: std::array::from_fn(|row| std::array::from_fn(|column| f.f32(280 + 16 * row + 4 * column))),
    })
}

fn two(f: &Fields<'_>) -> Option<Header> {
    let pair = match f.bytes.get(4..8)? {
        b"n+2\0" => false,
        b"ni2\0" => true,
        _ => return None,
    };
    Some(Header {
        format: "NIfTI-2",
        pair,
        endian: f.endian,
        dim: std::array::from_fn(|i| f.i64(16 + 8 * i)),
        datatype: f.i16(12),
        pixdim: std::array::from_fn(|i| f.f64(104 + 8 * i)),
        data_at: if pair { 0 } else { f.i64(168).clamp(0, 1_000_000_000) as u64 },
        slope: f.f64(176),
        intercept: f.f64(184),
        units: (f.i32(500) & 0xFF) as u8,
        qform_code: f.i32(344),
        sform_code: f.i32(348),
        quaternion: std::array::from_fn(|i| f.f64(352 + 8 * i)),
        q_offset: std::array::from_fn(|i| f.f64(376 + 8 * i)),
        srow: std::array::from_fn(|row| std::array::from_fn(|column| f.f64(400 + 32 * row + 8 * column))),
    })
}

impl Header {
    fn damaged(&self, what: String) -> ImageError {
        ImageError::Damaged { format: self.format, place: "header", what }
    }

    /// Voxels along i, j, k, and number of frames.
    pub(crate) fn size(&self) -> Result<([u32; 3], u64), ImageError> {
        let count = self.dim[0];
        if !(1..=7).contains(&count) {
            return Err(self.damaged(format!("dim[0] = {count}; 1 to 7 dimensions are allowed")));
        }
        let mut sides = [1_u64; 7];
        for (axis, side) in sides.iter_mut().enumerate().take(count as usize) {
            let stored = self.dim[axis + 1];
            // A written 0 beyond the third axis means that the axis is not used.
            let given = if stored == 0 && axis >= 3 { 1 } else { stored };
            *side = u64::try_from(given)
                .ok()
                .filter(|n| (1..=1 << 32).contains(n))
                .ok_or_else(|| self.damaged(format!("dim[{}] = {stored}", axis + 1)))?;
        }
        let size: [u32; 3] = std::array::from_fn(|a| u32::try_from(sides[a]).unwrap_or(u32::MAX));
        let frames = sides[3..].iter().fold(1_u64, |product, n| product.saturating_mul(*n));
        Ok((size, frames))
    }

    /// How the values are stored.
    pub(crate) fn layout(&self, warnings: &Warnings) -> Result<Layout, ImageError> {
        let kind = match self.datatype {
            2 => Kind::U8,
            4 => Kind::I16,
            8 => Kind::I32,
            16 => Kind::F32,
            64 => Kind::F64,
            256 => Kind::I8,
            512 => Kind::U16,
            768 => Kind::U32,
            1024 => Kind::I64,
            1280 => Kind::U64,
            code => {
                let what = format!("datatype {code} (real numbers of 8 to 64 bits are read)");
                return Err(ImageError::Unsupported { format: self.format, what });
            }
        };
        let (mut slope, mut intercept) = (self.slope, self.intercept);
        if slope == 0.0 || !slope.is_finite() || !intercept.is_finite() {
            if !(slope == 0.0 || slope.is_nan()) {
                warnings.note("scl_slope", format!("{slope} with scl_inter {intercept} is no scale; values taken as stored"));
            }
            (slope, intercept) = (1.0, 0.0);
        }
        Ok(Layout { kind, endian: self.endian, slope, intercept, interleaved: false })
    }

    fn unit_m(&self, warnings: &Warnings) -> f64 {
        match self.units & 7 {
            1 => 1.0,
            2 => 1e-3,
            3 => 1e-6,
            code => {
                warnings.note("xyzt_units", format!("{code} names no unit of length; millimetres assumed"));
                1e-3
            }
        }
    }

    /// The grid in LPS metres, and the name of what placed it: sform before qform before the voxel size alone.
    pub(crate) fn grid(&self, size: [u32; 3], warnings: &Warnings) -> Result<(Grid<Patient>, &'static str), ImageError> {
        let unit_m = self.unit_m(warnings);
        if self.sform_code > 0 {
            let steps = std::array::from_fn(|axis| std::array::from_fn(|row| self.srow[row][axis]));
            match grid_lps(size, self.srow.map(|row| row[3]), steps, RAS, unit_m, self.format) {
                Ok(grid) => return Ok((grid, "sform")),
                Err(e) => warnings.note("sform", format!("{e}; not used")),
            }
        }
        let spacing: [f64; 3] = std::array::from_fn(|a| {
            let stored = self.pixdim[a + 1].abs();
            // Axes that a file of fewer dimensions does not have keep a zero.
            if stored == 0.0 && self.dim[0] <= a as i64 { 1.0 } else { stored }
        });
        if self.qform_code > 0 {
            match grid_lps(size, self.q_offset, self.quaternion_steps(spacing), RAS, unit_m, self.format) {
                Ok(grid) => return Ok((grid, "qform")),
                Err(e) => warnings.note("qform", format!("{e}; not used")),
            }
        }
        warnings.note(
            "qform, sform",
            "neither is usable: voxel size only, the origin is the first voxel and the axes are taken as right, anterior, superior",
        );
        let [x, y, z] = spacing;
        grid_lps(size, [0.0; 3], [[x, 0.0, 0.0], [0.0, y, 0.0], [0.0, 0.0, z]], RAS, unit_m, self.format).map(|grid| (grid, "voxel size"))
    }

    /// Columns of the rotation by the stored quaternion, times the spacing; the third flips with pixdim[0] < 0.
    fn quaternion_steps(&self, spacing: [f64; 3]) -> [[f64; 3]; 3] {
        let [mut b, mut c, mut d] = self.quaternion;
        let rest = 1.0 - (b * b + c * c + d * d);
        let a = if rest < 1e-7 {
            let norm = (b * b + c * c + d * d).sqrt();
            (b, c, d) = (b / norm, c / norm, d / norm);
            0.0
        } else {
            rest.sqrt()
        };
        let flip = if self.pixdim[0] < 0.0 { -1.0 } else { 1.0 };
        let columns = [
            [a * a + b * b - c * c - d * d, 2.0 * (b * c + a * d), 2.0 * (b * d - a * c)],
            [2.0 * (b * c - a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d + a * b)],
            [2.0 * (b * d + a * c), 2.0 * (c * d - a * b), a * a + d * d - c * c - b * b],
        ];
        let scale = [spacing[0], spacing[1], flip * spacing[2]];
        std::array::from_fn(|axis| columns[axis].map(|v| v * scale[axis]))
    }
}
