//! Kept pictures as PNG, and the shapes over them.

use proband_core::{Column, Table};
use proband_scene::KeptPicture;

use crate::RunError;

pub(super) fn tables(pictures: &[KeptPicture]) -> Result<(Table, Table), RunError> {
    let files = pictures.iter().map(encode).collect::<Result<_, _>>()?;
    let mut t = Table::new("images");
    t.push("name", "", "", "controller", Column::Text(pictures.iter().map(|p| p.name.clone()).collect()))?;
    t.push("modality", "", "", "scene", Column::Text(pictures.iter().map(|p| p.modality.to_owned()).collect()))?;
    t.push("time_s", "s", "", "scene clock", Column::F64(pictures.iter().map(|p| p.time_s).collect()))?;
    t.push("caption", "", "", "controller", Column::Text(pictures.iter().map(|p| p.caption.clone()).collect()))?;
    t.push("width", "1", "image", "sensor", Column::I64(pictures.iter().map(|p| i64::from(p.width)).collect()))?;
    t.push("height", "1", "image", "sensor", Column::I64(pictures.iter().map(|p| i64::from(p.height)).collect()))?;
    t.push("pixel_m", "m", "image", "sensor", Column::F64(pictures.iter().map(|p| p.pixel_m).collect()))?;
    t.push("png", "", "image", "sensor", Column::Bytes(files))?;
    Ok((t, overlays(pictures)?))
}

fn overlays(pictures: &[KeptPicture]) -> Result<Table, RunError> {
    let (mut image, mut shape, mut kind, mut label, mut x, mut y) = (vec![], vec![], vec![], vec![], vec![], vec![]);
    for picture in pictures {
        for (index, overlay) in picture.overlays.iter().enumerate() {
            for point in &overlay.points_px {
                image.push(picture.name.clone());
                shape.push(index as i64);
                kind.push(overlay.kind.clone());
                label.push(overlay.label.clone());
                x.push(point[0]);
                y.push(point[1]);
            }
        }
    }
    let mut t = Table::new("overlays");
    t.push("image", "", "", "controller", Column::Text(image))?;
    t.push("shape", "1", "", "controller", Column::I64(shape))?;
    t.push("kind", "", "", "controller", Column::Text(kind))?;
    t.push("label", "", "", "controller", Column::Text(label))?;
    t.push("x_px", "px", "image", "controller", Column::F64(x))?;
    t.push("y_px", "px", "image", "controller", Column::F64(y))?;
    Ok(t)
}

fn encode(picture: &KeptPicture) -> Result<Vec<u8>, RunError> {
    let failed = |e: png::EncodingError| RunError::Picture { name: picture.name.clone(), what: e.to_string() };
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, picture.width, picture.height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().map_err(failed)?.write_image_data(&picture.grey).map_err(failed)?;
    Ok(bytes)
}
