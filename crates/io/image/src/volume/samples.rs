//! Bytes of a file to the values of volumes, and back.

use proband_core::Patient;
use proband_core::frame::{Direction, Position};
use proband_volume::{AnyVolume, Grid, Volume};

use crate::ImageError;
use crate::volume::{FRAME_COUNT_MAX, VOLUME_BYTES_MAX};

/// Kind of a stored value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    U64,
    I64,
    F32,
    F64,
}

impl Kind {
    pub(crate) fn bytes(self) -> u64 {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 | Self::F32 => 4,
            Self::U64 | Self::I64 | Self::F64 => 8,
        }
    }
}

/// Order of the bytes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Endian {
    Little,
    Big,
}

/// How stored values and their order are to be understood.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub kind: Kind,
    pub endian: Endian,
    /// Value = stored · slope + intercept.
    pub slope: f64,
    pub intercept: f64,
    /// Whether the frames' index runs fastest instead of slowest.
    pub interleaved: bool,
}

macro_rules! unpack {
    ($kind:ty, $bytes:expr, $endian:expr) => {{
        let (chunks, _) = $bytes.as_chunks::<{ size_of::<$kind>() }>();
        match $endian {
            Endian::Little => chunks.iter().map(|c| <$kind>::from_le_bytes(*c)).collect::<Vec<$kind>>(),
            Endian::Big => chunks.iter().map(|c| <$kind>::from_be_bytes(*c)).collect::<Vec<$kind>>(),
        }
    }};
}

fn volume<T>(grid: Grid<Patient>, data: Vec<T>, format: &'static str) -> Result<AnyVolume, ImageError>
where
    AnyVolume: From<Volume<T>>,
{
    Volume::new(grid, data).map(AnyVolume::from).map_err(|e| ImageError::Damaged { format, place: "data", what: e.to_string() })
}

/// One frame from exactly its bytes.
pub(crate) fn unpack(grid: Grid<Patient>, bytes: &[u8], layout: &Layout, format: &'static str) -> Result<AnyVolume, ImageError> {
    let endian = layout.endian;
    let stored = match layout.kind {
        Kind::U8 => volume(grid, bytes.to_vec(), format),
        Kind::I8 => volume(grid, unpack!(i8, bytes, endian), format),
        Kind::U16 => volume(grid, unpack!(u16, bytes, endian), format),
        Kind::I16 => volume(grid, unpack!(i16, bytes, endian), format),
        Kind::U32 => volume(grid, unpack!(u32, bytes, endian), format),
        Kind::I32 => volume(grid, unpack!(i32, bytes, endian), format),
        Kind::F32 => volume(grid, unpack!(f32, bytes, endian), format),
        Kind::F64 => volume(grid, unpack!(f64, bytes, endian), format),
        Kind::I64 => volume(grid, unpack!(i64, bytes, endian).iter().map(|v| *v as f64).collect::<Vec<_>>(), format),
        Kind::U64 => volume(grid, unpack!(u64, bytes, endian).iter().map(|v| *v as f64).collect::<Vec<_>>(), format),
    }?;
    if layout.slope == 1.0 && layout.intercept == 0.0 {
        return Ok(stored);
    }
    let (slope, intercept) = (layout.slope, layout.intercept);
    Ok(match stored {
        AnyVolume::U8(v) => v.map(|x| (f64::from(x) * slope + intercept) as f32).into(),
        AnyVolume::I8(v) => v.map(|x| (f64::from(x) * slope + intercept) as f32).into(),
        AnyVolume::U16(v) => v.map(|x| (f64::from(x) * slope + intercept) as f32).into(),
        AnyVolume::I16(v) => v.map(|x| (f64::from(x) * slope + intercept) as f32).into(),
        AnyVolume::U32(v) => v.map(|x| f64::from(x) * slope + intercept).into(),
        AnyVolume::I32(v) => v.map(|x| f64::from(x) * slope + intercept).into(),
        AnyVolume::F32(v) => v.map(|x| (f64::from(x) * slope + intercept) as f32).into(),
        AnyVolume::F64(v) => v.map(|x| x * slope + intercept).into(),
        other => other,
    })
}

/// Bytes that the values of `frame_count` grids take, when that is not too much.
pub(crate) fn data_bytes(grid: &Grid<Patient>, frame_count: u64, kind: Kind, format: &'static str) -> Result<u64, ImageError> {
    let bytes = grid.voxel_count() as u64 * kind.bytes();
    if !(1..=FRAME_COUNT_MAX).contains(&frame_count) || bytes.saturating_mul(frame_count) > VOLUME_BYTES_MAX {
        let what = format!("{frame_count} frames of {bytes} bytes; at most {FRAME_COUNT_MAX} frames and {VOLUME_BYTES_MAX} bytes are read");
        return Err(ImageError::Damaged { format, place: "size", what });
    }
    Ok(bytes * frame_count)
}

/// All frames from the bytes behind a header.
pub(crate) fn frames(
    grid: Grid<Patient>,
    frame_count: u64,
    bytes: &[u8],
    layout: &Layout,
    format: &'static str,
) -> Result<Vec<AnyVolume>, ImageError> {
    let all = data_bytes(&grid, frame_count, layout.kind, format)?;
    if (bytes.len() as u64) < all {
        let what = format!("{} bytes where the header announces {all}: the file is cut short", bytes.len());
        return Err(ImageError::Damaged { format, place: "data", what });
    }
    let bytes = &bytes[..all as usize];
    let one = bytes.len() / frame_count as usize;
    if !layout.interleaved || frame_count == 1 {
        return bytes.chunks_exact(one).map(|frame| unpack(grid, frame, layout, format)).collect();
    }
    let (width, stride) = (layout.kind.bytes() as usize, layout.kind.bytes() as usize * frame_count as usize);
    (0..frame_count as usize)
        .map(|frame| {
            let mut own = Vec::with_capacity(one);
            for voxel in bytes.chunks_exact(stride) {
                own.extend_from_slice(&voxel[frame * width..(frame + 1) * width]);
            }
            unpack(grid, &own, layout, format)
        })
        .collect()
}

/// Values as little-endian bytes.
pub(crate) fn pack(volume: &AnyVolume) -> Vec<u8> {
    match volume {
        AnyVolume::U8(v) => v.data().to_vec(),
        AnyVolume::I8(v) => v.data().iter().flat_map(|x| x.to_le_bytes()).collect(),
        AnyVolume::U16(v) => v.data().iter().flat_map(|x| x.to_le_bytes()).collect(),
        AnyVolume::I16(v) => v.data().iter().flat_map(|x| x.to_le_bytes()).collect(),
        AnyVolume::U32(v) => v.data().iter().flat_map(|x| x.to_le_bytes()).collect(),
        AnyVolume::I32(v) => v.data().iter().flat_map(|x| x.to_le_bytes()).collect(),
        AnyVolume::F32(v) => v.data().iter().flat_map(|x| x.to_le_bytes()).collect(),
        AnyVolume::F64(v) => v.data().iter().flat_map(|x| x.to_le_bytes()).collect(),
        _ => Vec::new(),
    }
}

/// A grid in LPS metres from an affine in other words: `sign` per axis of the file's frame against LPS, `unit_m` per unit.
pub(crate) fn grid_lps(
    size: [u32; 3],
    origin: [f64; 3],
    steps: [[f64; 3]; 3],
    sign: [f64; 3],
    unit_m: f64,
    format: &'static str,
) -> Result<Grid<Patient>, ImageError> {
    let turn = |v: [f64; 3]| -> [f64; 3] { std::array::from_fn(|a| v[a] * sign[a] * unit_m) };
    let [x, y, z] = turn(origin);
    let steps = steps.map(|s| {
        let [x, y, z] = turn(s);
        Direction::new(x, y, z)
    });
    Grid::new(size, Position::new(x, y, z), steps).map_err(|e| ImageError::Damaged { format, place: "header", what: e.to_string() })
}
