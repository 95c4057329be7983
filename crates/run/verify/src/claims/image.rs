//! Claims about `proband-image`.

use proband_image::{ImageError, read_grey, write_png_grey};
use proband_volume::Plane;

use crate::{Claim, Obtained};

/// Claims of this module.
pub(crate) const CLAIMS: &[Claim] =
    &[Claim { id: "image-limits", case: include_str!("../../../../../verify/image-limits/case.toml"), compute: limits }];

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn limits() -> Result<Vec<Obtained>, String> {
    let picture = Plane::from_fn(64, 48, |x, y| ((x * 31 + y * 17) % 101) as f32 / 100.0).map_err(text)?;
    let whole = write_png_grey(&picture).map_err(text)?;
    let back = read_grey(&whole).map_err(text)?;
    let worst = picture.samples().iter().zip(back.samples()).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max);
    let sizes = [(0, 48), (64, 0), (60_000, 48), (64, 60_000), (16_000, 16_000), (u32::MAX, u32::MAX)];
    let refused = sizes.iter().filter(|size| names_the_header(&read_grey(&with_size(&whole, **size)))).count();
    let cut = (1..=20).filter(|i| read_grey(&whole[..whole.len() * i / 21]).is_err()).count();
    Ok(vec![
        Obtained::new("forged headers refused with their place", refused as f64),
        Obtained::new("truncated pictures refused", cut as f64),
        Obtained::new("largest error of a picture written and read", worst),
    ])
}

fn names_the_header(result: &Result<Plane<f32>, ImageError>) -> bool {
    result.as_ref().is_err_and(|error| error.to_string().starts_with("PNG header"))
}

/// The PNG with another width and height in its header and the checksum (ISO 3309) that belongs to it.
fn with_size(png: &[u8], (width, height): (u32, u32)) -> Vec<u8> {
    let mut forged = png.to_vec();
    forged[16..20].copy_from_slice(&width.to_be_bytes());
    forged[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = !forged[12..29]
        .iter()
        .fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xEDB8_8320 } else { c >> 1 }));
    forged[29..33].copy_from_slice(&crc.to_be_bytes());
    forged
}
